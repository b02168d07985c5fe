//! Calls of AWS's APIs.
//!
//! Five operations are asked, so they are signed here: the SDKs of four services would make the function
//! several times as large.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use health::{Fault, FaultKind};
use lambda_support::http::{HttpClient, beginning};
use serde_json::Value;

use crate::secret::SecretSource;

const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(5);
/// An answer is not longer than this.
const ANSWER: usize = 512 * 1024;

/// A request to AWS.
#[derive(Clone, Debug)]
pub struct Api<'a> {
    /// The service, as its host and its signature name it.
    pub service: &'a str,
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The header `X-Amz-Target`, where operations are told apart by that.
    pub target: Option<&'a str>,
    /// The content type.
    pub content_type: &'a str,
    /// The body.
    pub body: String,
}

/// Who answers for AWS.
pub trait AwsApi: Send + Sync {
    /// Calls an operation; the text of its answer.
    ///
    /// A refusal is [`FaultKind::Missing`], [`FaultKind::NotPermitted`] or [`FaultKind::AwsUnavailable`].
    fn call(&self, request: Api<'_>) -> impl Future<Output = Result<String, Fault>> + Send;
}

/// No AWS: whatever needs it cannot be asked.
#[derive(Clone, Copy, Debug)]
pub struct NoAws;

impl AwsApi for NoAws {
    async fn call(&self, _request: Api<'_>) -> Result<String, Fault> {
        Err(Fault::new(
            FaultKind::AwsUnavailable,
            "there is no AWS here",
        ))
    }
}

/// AWS itself.
#[derive(Debug)]
pub struct Aws {
    region: String,
    endpoint: Option<String>,
    credentials: Option<SharedCredentialsProvider>,
    http: HttpClient,
}

impl Aws {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self {
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            endpoint: config.endpoint_url().map(str::to_owned),
            credentials: config.credentials_provider(),
            http: HttpClient::new(CONNECT, TOTAL),
        }
    }

    fn host(&self, service: &str) -> String {
        let domain = if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        match (&self.endpoint, service) {
            (Some(endpoint), _) => endpoint.trim_end_matches('/').to_owned(),
            (None, "monitoring") => format!("https://monitoring.{}.{domain}", self.region),
            (None, service) => format!("https://{service}.{}.{domain}", self.region),
        }
    }

    async fn signed(&self, api: &Api<'_>) -> Result<HttpRequest, Fault> {
        let unavailable = |why: String| Fault::new(FaultKind::AwsUnavailable, why);
        let faulty = |error: &dyn std::fmt::Display| {
            Fault::new(
                FaultKind::Misconfigured,
                format!("the request cannot be made: {error}"),
            )
        };
        let provider = self.credentials.as_ref();
        let provider =
            provider.ok_or_else(|| unavailable("there are no credentials".to_owned()))?;
        let identity = provider.provide_credentials().await;
        let identity = identity
            .map_err(|error| unavailable(error.to_string()))?
            .into();
        let uri = format!("{}{}", self.host(api.service), api.path);
        let mut headers = vec![("content-type", api.content_type)];
        headers.extend(api.target.map(|target| ("x-amz-target", target)));
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(api.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| faulty(&error))?
            .into();
        let body = SignableBody::Bytes(api.body.as_bytes());
        let signable =
            SignableRequest::new(api.method, uri.as_str(), headers.iter().copied(), body)
                .map_err(|error| faulty(&error))?;
        let signed = sign(signable, &params).map_err(|error| faulty(&error))?;
        let (instructions, _signature) = signed.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(api.body.as_str()));
        request
            .set_method(api.method)
            .map_err(|error| faulty(&error))?;
        request
            .set_uri(uri.as_str())
            .map_err(|error| faulty(&error))?;
        for (name, value) in headers {
            let inserted = request
                .headers_mut()
                .try_insert(name.to_owned(), value.to_owned());
            inserted.map_err(|error| faulty(&error))?;
        }
        for (name, value) in instructions.headers() {
            let inserted = request
                .headers_mut()
                .try_insert(name.to_owned(), value.to_owned());
            inserted.map_err(|error| faulty(&error))?;
        }
        Ok(request)
    }
}

impl AwsApi for Aws {
    async fn call(&self, api: Api<'_>) -> Result<String, Fault> {
        let request = self.signed(&api).await?;
        let service = api.service;
        let response = self.http.call(request).await.map_err(|_| {
            // The error may name an address that is nobody's business.
            Fault::new(
                FaultKind::AwsUnavailable,
                format!("{service} does not answer"),
            )
        })?;
        let status = response.status().as_u16();
        let answer = beginning(response.into_body(), ANSWER).await;
        match status {
            200..=299 => Ok(answer),
            _ => Err(refusal(service, status, &answer)),
        }
    }
}

/// What AWS says of why it does not answer.
fn refusal(service: &str, status: u16, answer: &str) -> Fault {
    let says = |words: &[&str]| words.iter().any(|word| answer.contains(word));
    let kind = if says(&["ResourceNotFound", "QueueDoesNotExist", "NonExistentQueue"]) {
        FaultKind::Missing
    } else if says(&[
        "AccessDenied",
        "NotAuthorized",
        "UnrecognizedClient",
        "InvalidClientTokenId",
    ]) {
        FaultKind::NotPermitted
    } else if says(&["Throttl", "TooManyRequests", "RequestLimitExceeded"]) || status >= 500 {
        FaultKind::AwsUnavailable
    } else if status == 404 {
        FaultKind::Missing
    } else if matches!(status, 401 | 403) {
        FaultKind::NotPermitted
    } else {
        FaultKind::AwsUnavailable
    };
    let short: String = answer.chars().take(160).collect();
    Fault::new(kind, format!("{service} answers {status}: {short}"))
}

/// Secrets Manager through the same calls.
impl SecretSource for Aws {
    async fn fetch(&self, id: &str) -> Result<String, Fault> {
        let answer = self
            .call(Api {
                service: "secretsmanager",
                method: "POST",
                path: "/",
                target: Some("secretsmanager.GetSecretValue"),
                content_type: "application/x-amz-json-1.1",
                body: serde_json::json!({ "SecretId": id }).to_string(),
            })
            .await?;
        let unread = || Fault::new(FaultKind::NoCredentials, "the secret has no text");
        let answer: Value = serde_json::from_str(&answer).map_err(|_| unread())?;
        let text = answer.get("SecretString").and_then(Value::as_str);
        text.map(str::to_owned).ok_or_else(unread)
    }
}

/// The greatest value of a metric in the last minutes; `None` when nothing was measured.
pub(crate) async fn greatest(
    aws: &impl AwsApi,
    namespace: &str,
    metric: &str,
    dimension: Option<(&str, &str)>,
    now: jiff::Timestamp,
) -> Result<Option<f64>, Fault> {
    let begin = now - jiff::SignedDuration::from_mins(5);
    let mut form = format!(
        "Action=GetMetricStatistics&Version=2010-08-01&Namespace={}&MetricName={metric}&StartTime={}&EndTime={}\
         &Period=60&Statistics.member.1=Maximum",
        encoded(namespace),
        encoded(&begin.to_string()),
        encoded(&now.to_string()),
    );
    if let Some((name, value)) = dimension {
        form.push_str(&format!(
            "&Dimensions.member.1.Name={name}&Dimensions.member.1.Value={}",
            encoded(value)
        ));
    }
    let answer = aws
        .call(Api {
            service: "monitoring",
            method: "POST",
            path: "/",
            target: None,
            content_type: "application/x-www-form-urlencoded",
            body: form,
        })
        .await?;
    let values = answer.split("<Maximum>").skip(1);
    let values = values.filter_map(|rest| rest.split('<').next()?.trim().parse::<f64>().ok());
    Ok(values.reduce(f64::max))
}

/// A text as forms and paths have it.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
