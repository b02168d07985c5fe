//! The calls: which groups there are, which filters they have, and what is done to them.

use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use super::plan::{FILTER, Filter, Group};

/// So often is a call tried: AWS allows ten or so of these a second, to everybody in the account together, and one that is
/// throttled waits longer each time.
const ATTEMPTS: u32 = 10;
const ATTEMPT: Duration = Duration::from_secs(20);
/// The output of the stack that names the function.
const OUTPUT: &str = "LogMetricsFunctionArn";

/// AWS, as a person's environment says: variables, profiles, the role of the machine. `AWS_ENDPOINT_URL` is another place.
pub(crate) async fn environment() -> anyhow::Result<SdkConfig> {
    let client = Builder::new()
        .tls_provider(Provider::rustls(CryptoMode::Ring))
        .build_https();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .operation_attempt_timeout(ATTEMPT)
                .build(),
        )
        .load()
        .await;
    if config.region().is_none() {
        bail!("no region is known: set AWS_REGION, or a region in the profile");
    }
    Ok(config)
}

/// The function that a stack says log groups are to be subscribed to.
pub(crate) async fn function_of(config: &SdkConfig, stack: &str) -> anyhow::Result<String> {
    let client = aws_sdk_cloudformation::Client::new(config);
    let answer = client.describe_stacks().stack_name(stack).send().await;
    let answer = answer
        .map_err(|error| anyhow::anyhow!("cannot read the stack {stack}: {}", reason(&error)))?;
    let outputs = answer
        .stacks()
        .iter()
        .flat_map(aws_sdk_cloudformation::types::Stack::outputs);
    outputs
        .filter(|output| output.output_key() == Some(OUTPUT))
        .find_map(|output| output.output_value().map(str::to_owned))
        .with_context(|| {
            format!("the stack {stack} has no output {OUTPUT}: name the function with --function")
        })
}

/// CloudWatch Logs of one account and region.
#[derive(Debug)]
pub(crate) struct Logs(Client);

impl Logs {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// Every group, page by page. `seen` hears how many there are so far.
    pub(crate) async fn groups(&self, mut seen: impl FnMut(usize)) -> anyhow::Result<Vec<Group>> {
        let mut found = Vec::new();
        let mut pages = self.0.describe_log_groups().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page
                .map_err(|error| anyhow::anyhow!("cannot list log groups: {}", reason(&error)))?;
            found.extend(page.log_groups().iter().filter_map(|group| {
                Some(Group {
                    name: group.log_group_name()?.to_owned(),
                    // Regions and emulators that know no classes have only this one.
                    class: group
                        .log_group_class()
                        .map_or("STANDARD", |class| class.as_str())
                        .to_owned(),
                })
            }));
            seen(found.len());
        }
        Ok(found)
    }

    /// A group's filters; `None` when the group is gone meanwhile.
    pub(crate) async fn filters(&self, group: &str) -> anyhow::Result<Option<Vec<Filter>>> {
        let request = self.0.describe_subscription_filters();
        let mut pages = request.log_group_name(group).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(None),
                Err(error) => bail!("cannot read the filters of {group}: {}", reason(&error)),
            };
            found.extend(page.subscription_filters().iter().map(|filter| Filter {
                name: filter.filter_name().unwrap_or_default().to_owned(),
                destination: filter.destination_arn().unwrap_or_default().to_owned(),
                pattern: filter.filter_pattern().unwrap_or_default().to_owned(),
            }));
        }
        Ok(Some(found))
    }

    /// Puts the filter on a group, or puts the one that is there right.
    pub(crate) async fn subscribe(&self, group: &str, function: &str) -> Result<(), String> {
        let request = self.0.put_subscription_filter().log_group_name(group);
        let request = request.filter_name(FILTER).filter_pattern("");
        let answer = request.destination_arn(function).send().await;
        answer.map(drop).map_err(|error| explain(&error))
    }

    /// Takes it off. One that is gone already is what was wanted.
    pub(crate) async fn unsubscribe(&self, group: &str) -> Result<(), String> {
        let request = self.0.delete_subscription_filter().log_group_name(group);
        match request.filter_name(FILTER).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
            Err(error) => Err(explain(&error)),
        }
    }
}

/// What AWS said, with what to do where that is known.
fn explain<E: ProvideErrorMetadata + std::error::Error>(error: &E) -> String {
    let said = reason(error);
    let code = error.code().unwrap_or_default();
    let remedy = match code {
        "LimitExceededException" => {
            "somebody put a filter on it meanwhile, or the account's own limit is reached"
        }
        "InvalidParameterException" if said.contains("permission") || said.contains("execute") => {
            "the function does not let CloudWatch Logs invoke it: deploy the stack, which allows it, or `aws lambda add-permission --principal logs.amazonaws.com`"
        }
        "AccessDeniedException" => "docs/log-subscriptions.md lists the actions that are needed",
        _ => return said,
    };
    format!("{said} ({remedy})")
}

fn reason<E: ProvideErrorMetadata + std::error::Error>(error: &E) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => DisplayErrorContext(error).to_string(),
    }
}
