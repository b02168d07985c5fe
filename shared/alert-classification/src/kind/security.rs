//! Findings, compliance, keys and who did what.

use super::{Kind, Test};
use crate::alert::Status::{Firing, Resolved};

/// By EventBridge and by SNS alike, so that what fires by one road is over by the other.
pub(super) const CONFIG_RULE: Kind = Kind {
    title: "Config rule {configRuleName}: {resourceType} {resourceId} is {newEvaluationResult.complianceType}",
    labels: &[
        ("config_rule", "configRuleName"),
        ("resource_type", "resourceType"),
        ("resource", "resourceId"),
    ],
    tests: &[
        Test::Is(
            "newEvaluationResult.complianceType",
            &["NON_COMPLIANT"],
            Firing,
        ),
        Test::Is(
            "newEvaluationResult.complianceType",
            &["COMPLIANT", "NOT_APPLICABLE"],
            Resolved,
        ),
    ],
    description: "newEvaluationResult.annotation",
    annotations: &[("before", "oldEvaluationResult.complianceType")],
    changed_at: "newEvaluationResult.resultRecordedTime|notificationCreationTime",
    ..Kind::named("Config Rules Compliance Change")
};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        title: "GuardDuty: {title}",
        labels: &[("finding", "arn|id"), ("finding_type", "type")],
        tests: &[Test::Is("service.archived", &["true"], Resolved)],
        otherwise: Firing,
        annotations: &[
            ("severity", "severity"),
            ("count", "service.count"),
            ("resource_type", "resource.resourceType"),
            ("instance", "resource.instanceDetails.instanceId"),
            ("access_key_user", "resource.accessKeyDetails.userName"),
            ("bucket", "resource.s3BucketDetails.0.name"),
            ("action", "service.action.actionType"),
            (
                "remote_address",
                "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4|service.action.awsApiCallAction.remoteIpDetails.ipAddressV4|service.action.portProbeAction.portProbeDetails.0.remoteIpDetails.ipAddressV4",
            ),
            ("first_seen", "service.eventFirstSeen"),
            ("last_seen", "service.eventLastSeen"),
        ],
        changed_at: "updatedAt|service.eventLastSeen",
        link: "https://{/region}.console.aws.amazon.com/guardduty/home?region={/region}#/findings?macros=current&fId={id}",
        ..Kind::named("GuardDuty Finding")
    },
    Kind {
        title: "GuardDuty malware scan of {resourceArn|s3ObjectDetails.bucketName}: {scanResultDetails.scanResultStatus|scanStatus}",
        labels: &[(
            "resource",
            "resourceArn|s3ObjectDetails.bucketName|/resources.0",
        )],
        tests: &[
            Test::Is(
                "scanResultDetails.scanResultStatus",
                &["THREATS_FOUND"],
                Firing,
            ),
            Test::Is(
                "scanResultDetails.scanResultStatus",
                &["NO_THREATS_FOUND"],
                Resolved,
            ),
            Test::Is("scanStatus", &["FAILED"], Firing),
        ],
        annotations: &[
            ("key", "s3ObjectDetails.objectKey"),
            ("threats", "scanResultDetails.threats.0.name"),
        ],
        ..Kind::named("GuardDuty Malware Protection Object Scan Result")
    },
    Kind {
        title: "Macie: {name}",
        labels: &[("alert", "alert-arn"), ("actor", "actor")],
        tests: &[],
        otherwise: Firing,
        description: "summary.Description|trigger.description",
        annotations: &[
            ("risk_score", "risk-score"),
            ("change", "notification-type"),
            ("tags", "tags"),
            ("events", "summary.Event Count"),
            ("source_arn", "summary.Source ARN"),
        ],
        link: "{url}",
        ..Kind::named("Macie Alert")
    },
    Kind {
        title: "Macie: {title}",
        labels: &[("finding", "id"), ("finding_type", "type")],
        tests: &[Test::Is("archived", &["true"], Resolved)],
        otherwise: Firing,
        annotations: &[
            ("severity", "severity.description"),
            ("bucket", "resourcesAffected.s3Bucket.name"),
            ("count", "count"),
        ],
        changed_at: "updatedAt",
        ..Kind::named("Macie Finding")
    },
    Kind {
        title: "Inspector: {title}",
        labels: &[("finding", "findingArn")],
        tests: &[
            Test::Is("status", &["CLOSED", "SUPPRESSED"], Resolved),
            Test::Is("status", &["ACTIVE"], Firing),
        ],
        otherwise: Firing,
        annotations: &[
            ("severity", "severity"),
            ("score", "inspectorScore"),
            ("resource", "resources.0.id"),
            (
                "vulnerability",
                "packageVulnerabilityDetails.vulnerabilityId",
            ),
        ],
        changed_at: "updatedAt",
        ..Kind::named("Inspector2 Finding")
    },
    Kind {
        title: "IAM Access Analyzer: {resource} is open to {principal}",
        labels: &[("finding", "id"), ("resource", "resource")],
        tests: &[
            Test::Is("status", &["ARCHIVED", "RESOLVED"], Resolved),
            Test::Is("isDeleted", &["true"], Resolved),
        ],
        otherwise: Firing,
        annotations: &[
            ("resource_type", "resourceType"),
            ("action", "action"),
            ("public", "isPublic"),
        ],
        changed_at: "updatedAt",
        ..Kind::named("Access Analyzer Finding")
    },
    Kind {
        title: "KMS key {key-id} was deleted",
        labels: &[("key", "key-id|/resources.0")],
        tests: &[],
        otherwise: Firing,
        ..Kind::named("KMS CMK Deletion")
    },
    Kind {
        title: "KMS key {key-id} was rotated",
        labels: &[("key", "key-id|/resources.0")],
        tests: &[],
        ..Kind::named("KMS CMK Rotation")
    },
    Kind {
        title: "Imported material of KMS key {key-id} expired",
        labels: &[("key", "key-id|/resources.0")],
        tests: &[],
        otherwise: Firing,
        ..Kind::named("KMS Imported Key Material Expiration")
    },
    Kind {
        title: "Certificate of {CommonName} expires in {DaysToExpiry} days",
        labels: &[("certificate", "/resources.0"), ("domain", "CommonName")],
        tests: &[],
        otherwise: Firing,
        annotations: &[("days_to_expiry", "DaysToExpiry")],
        ..Kind::named("ACM Certificate Approaching Expiration")
    },
    Kind {
        title: "Certificate {/resources.0} expired",
        labels: &[("certificate", "/resources.0"), ("domain", "CommonName")],
        tests: &[],
        otherwise: Firing,
        ..Kind::named("ACM Certificate Expired")
    },
    Kind {
        title: "{eventSource}: {eventName} by {userIdentity.arn|userIdentity.principalId|userIdentity.invokedBy} {errorCode}",
        labels: CLOUDTRAIL_LABELS,
        tests: &[],
        description: "errorMessage",
        annotations: CLOUDTRAIL,
        changed_at: "eventTime",
        link: "https://{awsRegion}.console.aws.amazon.com/cloudtrailv2/home?region={awsRegion}#/events/{eventID}",
        ..Kind::named("AWS API Call via CloudTrail")
    },
    Kind {
        title: "Console sign-in of {userIdentity.type} {userIdentity.arn}: {responseElements.ConsoleLogin}",
        labels: CLOUDTRAIL_LABELS,
        tests: &[],
        description: "errorMessage",
        annotations: CLOUDTRAIL,
        changed_at: "eventTime",
        link: "https://{awsRegion}.console.aws.amazon.com/cloudtrailv2/home?region={awsRegion}#/events/{eventID}",
        ..Kind::named("AWS Console Sign In via CloudTrail")
    },
    Kind {
        title: "{eventSource}: {eventName} {errorCode}",
        labels: CLOUDTRAIL_LABELS,
        tests: &[],
        description: "errorMessage",
        annotations: CLOUDTRAIL,
        changed_at: "eventTime",
        ..Kind::named("AWS Service Event via CloudTrail")
    },
    Kind {
        title: "Config: {configurationItem.resourceType} {configurationItem.resourceId} {configurationItemDiff.changeType}",
        labels: &[
            ("resource_type", "configurationItem.resourceType"),
            (
                "resource",
                "configurationItem.ARN|configurationItem.resourceId",
            ),
        ],
        tests: &[],
        annotations: &[
            ("status", "configurationItem.configurationItemStatus"),
            ("change", "configurationItemDiff.changeType"),
            ("captured", "configurationItem.configurationItemCaptureTime"),
        ],
        changed_at: "notificationCreationTime",
        ..Kind::named("Config Configuration Item Change")
    },
    CONFIG_RULE,
    Kind {
        title: "{resource-type} {resource-id} is {compliance-status} ({compliance-type})",
        labels: &[
            ("resource_type", "resource-type"),
            ("resource", "resource-id|/resources.0"),
            ("compliance_type", "compliance-type"),
        ],
        tests: &[
            Test::Is(
                "compliance-status",
                &["non_compliant", "non-compliant"],
                Firing,
            ),
            Test::Is("compliance-status", &["compliant"], Resolved),
        ],
        annotations: &[
            ("severity", "severity"),
            ("patch_baseline", "patch-baseline-id"),
            ("last_run", "last-runtime"),
        ],
        ..Kind::named("Configuration Compliance State Change")
    },
];

const CLOUDTRAIL_LABELS: &[(&str, &str)] = &[
    ("event_source", "eventSource"),
    ("event_name", "eventName"),
    ("identity_type", "userIdentity.type"),
    (
        "principal",
        "userIdentity.arn|userIdentity.principalId|userIdentity.invokedBy",
    ),
];

const CLOUDTRAIL: &[(&str, &str)] = &[
    ("event_id", "eventID"),
    ("source_address", "sourceIPAddress"),
    ("user_agent", "userAgent"),
    (
        "mfa",
        "userIdentity.sessionContext.attributes.mfaAuthenticated|additionalEventData.MFAUsed",
    ),
    ("sign_in", "responseElements.ConsoleLogin"),
    ("error_code", "errorCode"),
    ("read_only", "readOnly"),
    ("request", "requestParameters"),
];
