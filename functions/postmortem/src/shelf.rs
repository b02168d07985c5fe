//! The port to where reports lie, and what they are called there.

use std::error::Error;

use incident::IncidentId;
use jiff::Timestamp;

/// A file of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Object<'a> {
    /// Its key: letters, digits, `/`, `-` and `.` only.
    pub key: &'a str,
    /// The type of its content.
    pub content_type: &'static str,
    /// Its content.
    pub body: &'a str,
}

/// Keeps files.
pub trait Shelf: Send + Sync {
    /// Puts a file where another one of its key may lie.
    fn put(&self, object: Object<'_>) -> impl Future<Output = Result<(), ShelfError>> + Send;

    /// Where the files are, for people.
    fn place(&self) -> &Place;
}

/// A file is not kept, or nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("{key} is not in the bucket")]
pub struct ShelfError {
    /// Which one.
    pub key: String,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// A bucket by its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// Its name.
    pub bucket: String,
    /// Its region.
    pub region: String,
}

impl Place {
    /// As the command line takes it.
    pub(crate) fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    /// Its page in the AWS console: for whoever may read the bucket, and for as long as the report is there,
    /// which a signed address of it would not be.
    pub(crate) fn page(&self, key: &str) -> String {
        let Self { bucket, region } = self;
        let console = if region.starts_with("cn-") {
            "console.amazonaws.cn"
        } else if region.starts_with("us-gov-") {
            "console.amazonaws-us-gov.com"
        } else {
            "console.aws.amazon.com"
        };
        format!("https://{console}/s3/object/{bucket}?region={region}&prefix={key}")
    }
}

/// The keys of a report, without what tells its files apart: by the month in which the incident began, so that
/// a report that is written again takes the same place.
pub(crate) fn stem(id: &IncidentId, opened_at: Timestamp) -> String {
    let month = opened_at.strftime("%Y/%m");
    format!("postmortems/{month}/{id}")
}
