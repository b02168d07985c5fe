//! A Lambda function: whether it can be invoked, and how much the account has left.

use health::{Fault, FaultKind};
use serde::Deserialize;
use settings::Measured;

use crate::aws::{Api, AwsApi, encoded, greatest};
use crate::connection::Ask;
use crate::trace::Trace;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    state: Option<String>,
    state_reason: Option<String>,
    last_update_status: Option<String>,
    last_update_status_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Account {
    account_limit: Limit,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Limit {
    concurrent_executions: f64,
}

pub(crate) async fn ask(
    ask: &Ask<'_>,
    aws: &impl AwsApi,
    trace: &mut Trace,
    now: jiff::Timestamp,
) -> Result<(), Fault> {
    let path = format!(
        "/2015-03-31/functions/{}/configuration",
        encoded(ask.target)
    );
    let configuration: Configuration = get(aws, trace, &path).await?;
    let state = configuration.state.as_deref().unwrap_or("Active");
    if !matches!(state, "Active" | "Pending") {
        let reason = configuration.state_reason.unwrap_or_default();
        return Err(Fault::new(
            FaultKind::Inactive,
            format!("its state is {state}: {reason}"),
        ));
    }
    if configuration.last_update_status.as_deref() == Some("Failed") {
        let reason = configuration.last_update_status_reason.unwrap_or_default();
        return Err(Fault::new(FaultKind::UpdateFailed, reason));
    }
    // Two more requests, only where somebody compares what they say.
    if wants(ask, Measured::ConcurrencyLeft) {
        let account: Account = get(aws, trace, "/2016-08-19/account-settings").await?;
        let used = greatest(aws, "AWS/Lambda", "ConcurrentExecutions", None, now);
        let used = trace.step(FaultKind::AwsUnavailable, used).await??;
        let left = account.account_limit.concurrent_executions - used.unwrap_or(0.0);
        trace.measure(Measured::ConcurrencyLeft, left);
    }
    Ok(())
}

/// Whether a threshold compares it.
pub(crate) fn wants(ask: &Ask<'_>, what: Measured) -> bool {
    let mut thresholds = ask.probe.degraded_when.iter().chain(&ask.probe.down_when);
    thresholds.any(|matcher| matcher.name() == what.as_str())
}

async fn get<T: serde::de::DeserializeOwned>(
    aws: &impl AwsApi,
    trace: &Trace,
    path: &str,
) -> Result<T, Fault> {
    let call = aws.call(Api {
        service: "lambda",
        method: "GET",
        path,
        target: None,
        content_type: "application/json",
        body: String::new(),
    });
    let answer = trace.step(FaultKind::AwsUnavailable, call).await??;
    serde_json::from_str(&answer).map_err(|error| {
        Fault::new(
            FaultKind::AwsUnavailable,
            format!("Lambda's answer: {error}"),
        )
    })
}
