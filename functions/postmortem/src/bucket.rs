//! A bucket in Amazon S3.
//!
//! One `PUT` is all that is asked of S3, so it is signed here: its SDK would make the function several times
//! as large. What fails is not tried again here; the queue brings the request again.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningError,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use lambda_support::http::{HttpClient, beginning};

use crate::shelf::{Object, Place, Shelf, ShelfError};

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// How long one file may take.
const TOTAL: Duration = Duration::from_secs(5);
/// So much of what S3 says about a refusal is in the log.
const ANSWER_BYTES: usize = 1_000;

/// A bucket to put files into.
#[derive(Debug)]
pub struct Bucket {
    place: Place,
    /// What comes before the key.
    root: String,
    credentials: Option<SharedCredentialsProvider>,
    http: HttpClient,
}

/// Why a file is not in the bucket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BucketError {
    /// There is nobody to sign for.
    #[error("there are no credentials")]
    Nobody,
    /// The credentials cannot be read.
    #[error("the credentials cannot be read")]
    Credentials(#[from] CredentialsError),
    /// The request cannot be signed.
    #[error("the request cannot be signed")]
    Signing(#[from] SigningError),
    /// The request cannot be written.
    #[error("the request cannot be written: {0}")]
    Request(String),
    /// There is no answer.
    #[error("S3 does not answer")]
    Unreachable(#[from] ConnectorError),
    /// There is no answer in time.
    #[error("S3 does not answer in time")]
    TimedOut,
    /// S3 does not want it.
    #[error("S3 answers {status}: {answer}")]
    Refused {
        /// The status.
        status: u16,
        /// The beginning of what it says.
        answer: String,
    },
}

impl Bucket {
    /// A bucket by its name and the name of its server. Where all of AWS is at one address, as in tests,
    /// the bucket is below it.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: &str, server: &str) -> Self {
        let root = match config.endpoint_url() {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{server}"),
        };
        Self {
            place: Place {
                bucket: bucket.to_owned(),
                region: config.region().map(ToString::to_string).unwrap_or_default(),
            },
            root,
            credentials: config.credentials_provider(),
            http: HttpClient::new(CONNECT, TOTAL),
        }
    }

    async fn exchange(&self, object: Object<'_>) -> Result<(), BucketError> {
        let credentials = self.credentials.as_ref().ok_or(BucketError::Nobody)?;
        let credentials = credentials.provide_credentials().await?;
        let request = self.request(object, credentials, SystemTime::now())?;
        let response = self.http.call(request).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        Err(BucketError::Refused {
            status: status.as_u16(),
            answer: beginning(response.into_body(), ANSWER_BYTES).await,
        })
    }

    fn request(
        &self,
        object: Object<'_>,
        credentials: Credentials,
        now: SystemTime,
    ) -> Result<HttpRequest, BucketError> {
        let uri = format!("{}/{}", self.root, object.key);
        let mut request = HttpRequest::new(SdkBody::from(object.body));
        let faulty = |error: &dyn std::error::Error| BucketError::Request(error.to_string());
        request.set_method("PUT").map_err(|error| faulty(&error))?;
        request
            .set_uri(uri.as_str())
            .map_err(|error| faulty(&error))?;
        request
            .headers_mut()
            .insert("content-type", object.content_type);

        // S3 is signed in its own way: its paths are as they are, and it wants to know the content's hash.
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.place.region)
            .name("s3")
            .time(now)
            .settings(settings)
            .build()
            .map_err(|error| faulty(&error))?
            .into();
        let headers = [("content-type", object.content_type)];
        let body = SignableBody::Bytes(object.body.as_bytes());
        let signable = SignableRequest::new("PUT", uri.as_str(), headers.into_iter(), body)?;
        let (instructions, _signature) = sign(signable, &params)?.into_parts();
        for (name, value) in instructions.headers() {
            let headers = request.headers_mut();
            headers
                .try_insert(name.to_owned(), value.to_owned())
                .map_err(|error| faulty(&error))?;
        }
        Ok(request)
    }
}

impl Shelf for Bucket {
    async fn put(&self, object: Object<'_>) -> Result<(), ShelfError> {
        let put = match tokio::time::timeout(TOTAL, self.exchange(object)).await {
            Ok(put) => put,
            Err(_) => Err(BucketError::TimedOut),
        };
        put.map_err(|error| ShelfError {
            key: object.key.to_owned(),
            source: error.into(),
        })
    }

    fn place(&self) -> &Place {
        &self.place
    }
}

#[cfg(test)]
mod tests {
    use lambda_support::env::MapEnvironment;

    use super::*;

    fn object() -> Object<'static> {
        Object {
            key: "postmortems/2026/03/INC-01KJPV3M00ABCDEF.md",
            content_type: "text/markdown; charset=utf-8",
            body: "# Post-mortem",
        }
    }

    fn bucket(endpoint: &str) -> Bucket {
        let environment =
            MapEnvironment::from([("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", endpoint)]);
        let config = lambda_support::aws::build(&environment);
        Bucket::new(&config, "reports", "reports.s3.eu-west-1.amazonaws.com")
    }

    /// The same as Python's botocore (`S3SigV4Auth`) gives for this request.
    #[test]
    fn signs_as_s3_wants_it() {
        let credentials =
            Credentials::new("AKIDEXAMPLE", "secret", Some("token".into()), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_445_600);
        let request = bucket("").request(object(), credentials, now).unwrap();
        assert_eq!(
            request.uri(),
            "https://reports.s3.eu-west-1.amazonaws.com/postmortems/2026/03/INC-01KJPV3M00ABCDEF.md"
        );
        assert_eq!(request.headers().get("x-amz-security-token"), Some("token"));
        let authorization = request.headers().get("authorization").unwrap();
        assert_eq!(authorization, EXPECTED);
    }

    #[test]
    fn where_all_of_aws_is_at_one_address_the_bucket_is_below_it() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let local = bucket("http://127.0.0.1:4566/");
        let request = local
            .request(object(), credentials, SystemTime::now())
            .unwrap();
        assert_eq!(
            request.uri(),
            "http://127.0.0.1:4566/reports/postmortems/2026/03/INC-01KJPV3M00ABCDEF.md"
        );
    }

    const EXPECTED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260302/eu-west-1/s3/aws4_request, \
        SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, \
        Signature=2d6bc30a66f041e989141c593ec3e66e9ab8a2fd09746890744bdf4c520119f8";
}
