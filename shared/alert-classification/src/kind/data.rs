//! Databases, storage, streams and catalogues.

use super::{Kind, Test};
use crate::alert::Status::{Firing, Resolved};

/// Events that begin a trouble: a failover that starts, storage that is full or low, and what stops an instance.
pub(super) const RDS_BEGINS: &[&str] = &[
    // Failover started, or requested.
    "RDS-EVENT-0013",
    "RDS-EVENT-0050",
    "RDS-EVENT-0073",
    // Storage: full, low, and what stops an instance.
    "RDS-EVENT-0007",
    "RDS-EVENT-0089",
    "RDS-EVENT-0221",
    "RDS-EVENT-0222",
    "RDS-EVENT-0031",
    "RDS-EVENT-0035",
    "RDS-EVENT-0036",
    "RDS-EVENT-0058",
    "RDS-EVENT-0079",
    "RDS-EVENT-0080",
    "RDS-EVENT-0081",
    "RDS-EVENT-0082",
    "RDS-EVENT-0045",
    "RDS-EVENT-0055",
    "RDS-EVENT-0056",
];

/// Events that end one.
pub(super) const RDS_ENDS: &[&str] = &[
    "RDS-EVENT-0049",
    "RDS-EVENT-0015",
    "RDS-EVENT-0065",
    "RDS-EVENT-0071",
    "RDS-EVENT-0088",
    "RDS-EVENT-0046",
];

/// RDS groups its events by what they are about. A failover that has begun is trouble, one
/// that has completed is over; both are in the category `failover`, so the message id decides.
const RDS_TESTS: &[Test] = &[
    Test::Is("EventID", RDS_BEGINS, Firing),
    Test::Is("EventID", RDS_ENDS, Resolved),
    Test::Is("EventCategories.0", &["failure", "low storage"], Firing),
    Test::Is("EventCategories.0", &["recovery", "restoration"], Resolved),
];

const RDS_LABELS: &[(&str, &str)] = &[
    ("database", "SourceIdentifier"),
    ("source_type", "SourceType"),
    // A failover that is over does not end a full disk.
    ("event_category", "EventCategories.0"),
];

const RDS_ANNOTATIONS: &[(&str, &str)] = &[
    ("event_id", "EventID"),
    ("event_categories", "EventCategories"),
    ("arn", "SourceArn"),
];

const RDS_LINK: &str = "https://{/region}.console.aws.amazon.com/rds/home?region={/region}#events:";

const fn rds(name: &'static str) -> Kind {
    Kind {
        title: "RDS {SourceIdentifier}: {Message}",
        labels: RDS_LABELS,
        tests: RDS_TESTS,
        annotations: RDS_ANNOTATIONS,
        changed_at: "Date",
        link: RDS_LINK,
        ..Kind::named(name)
    }
}

/// By EventBridge and by SNS alike, so that what fires by one road is over by the other.
pub(super) const BACKUP_JOB: Kind = Kind {
    title: "Backup job of {resourceArn|resourceType}: {state}",
    labels: &[
        ("resource", "resourceArn|/resources.0"),
        ("vault", "backupVaultName"),
    ],
    tests: &[
        Test::Is(
            "state",
            &["FAILED", "ABORTED", "EXPIRED", "PARTIAL"],
            Firing,
        ),
        Test::Is("state", &["COMPLETED"], Resolved),
    ],
    description: "statusMessage",
    annotations: &[("job", "backupJobId"), ("resource_type", "resourceType")],
    ..Kind::named("Backup Job State Change")
};

pub(super) const KINDS: &[Kind] = &[
    rds("RDS DB Instance Event"),
    rds("RDS DB Cluster Event"),
    rds("RDS DB Parameter Group Event"),
    rds("RDS DB Security Group Event"),
    rds("RDS DB Snapshot Event"),
    rds("RDS DB Cluster Snapshot Event"),
    rds("RDS DB Proxy Event"),
    rds("RDS Custom Engine Version Event"),
    Kind {
        title: "S3 {bucket.name}: object {object.key} created ({reason})",
        labels: &[("bucket", "bucket.name")],
        tests: &[],
        annotations: S3,
        ..Kind::named("Object Created")
    },
    Kind {
        title: "S3 {bucket.name}: object {object.key} deleted ({reason})",
        labels: &[("bucket", "bucket.name")],
        tests: &[],
        annotations: S3,
        ..Kind::named("Object Deleted")
    },
    Kind {
        title: "Glue crawler {crawlerName}: {state}",
        labels: &[("crawler", "crawlerName")],
        annotations: &[
            ("tables_created", "tablesCreated"),
            ("tables_updated", "tablesUpdated"),
            ("tables_deleted", "tablesDeleted"),
            ("error", "errorMessage"),
        ],
        ..Kind::named("Glue Crawler State Change")
    },
    Kind {
        title: "Glue table {databaseName}.{tableName}: {typeOfChange}",
        labels: &[("database", "databaseName"), ("table", "tableName")],
        tests: &[],
        annotations: &[("partitions", "changedPartitions")],
        ..Kind::named("Glue Data Catalog Table State Change")
    },
    Kind {
        title: "Glue database {databaseName}: {typeOfChange}",
        labels: &[("database", "databaseName")],
        tests: &[],
        annotations: &[("tables", "changedTables")],
        ..Kind::named("Glue Data Catalog Database State Change")
    },
    Kind {
        title: "Glue job {jobName}: run is {state}",
        labels: &[("job", "jobName")],
        tests: &[Test::Words("state")],
        annotations: &[
            ("run", "jobRunId"),
            ("severity", "severity"),
            (
                "notify_delay_after_minutes",
                "notificationCondition.NotifyDelayAfter",
            ),
            ("started", "startedOn"),
        ],
        ..Kind::named("Glue Job Run Status")
    },
    Kind {
        title: "Glue job {jobName} {state}",
        labels: &[("job", "jobName")],
        tests: &[Test::Words("state")],
        annotations: &[("run", "jobRunId"), ("severity", "severity")],
        ..Kind::named("Glue Job State Change")
    },
    Kind {
        title: "EBS {event} {result}",
        labels: &[("event", "event"), ("resource", "/resources.0")],
        tests: &[Test::Words("result")],
        description: "cause",
        annotations: &[("request", "request-id")],
        ..Kind::named("EBS Volume Notification")
    },
    Kind {
        title: "EBS snapshot: {event} {result}",
        labels: &[("event", "event"), ("resource", "source|/resources.0")],
        tests: &[Test::Words("result")],
        description: "cause",
        annotations: &[("snapshot", "snapshot_id")],
        ..Kind::named("EBS Snapshot Notification")
    },
    BACKUP_JOB,
    Kind {
        title: "DMS replication task {/resources.0}: {eventType}",
        labels: &[("task", "/resources.0")],
        tests: &[
            Test::Is("eventType", &["REPLICATION_TASK_FAILED"], Firing),
            Test::Is("eventType", &["REPLICATION_TASK_STARTED"], Resolved),
        ],
        description: "detailMessage",
        annotations: &[("category", "category"), ("event_id", "eventId")],
        ..Kind::named("DMS Replication Task State Change")
    },
    Kind {
        title: "DataSync task execution: {State}",
        labels: &[("task", "/resources.0")],
        tests: &[
            Test::Is("State", &["ERROR"], Firing),
            Test::Is("State", &["SUCCESS"], Resolved),
        ],
        ..Kind::named("DataSync Task Execution State Change")
    },
];

const S3: &[(&str, &str)] = &[
    ("key", "object.key"),
    ("size", "object.size"),
    ("requester", "requester"),
    ("from", "source-ip-address"),
    ("deletion_type", "deletion-type"),
];
