//! AWS's own health, Systems Manager, budgets and cost, tags and schedules.

use super::{Kind, Test};
use crate::alert::Status::{Firing, Info, Resolved};

/// By EventBridge and by SNS alike.
pub(super) const COST_ANOMALY_KIND: Kind = Kind {
    title: "Cost anomaly: {monitorName} ${impact.totalImpact} above the expected",
    labels: &[("anomaly", "anomalyId"), ("monitor", "monitorName")],
    tests: &[],
    otherwise: Firing,
    annotations: COST_ANOMALY,
    changed_at: "anomalyEndDate",
    link: "{anomalyDetailsLink}",
    ..Kind::named("Anomaly Detected")
};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        title: "AWS Health {service}: {eventTypeCode} ({eventTypeCategory})",
        labels: &[
            ("event", "eventArn"),
            ("aws_service", "service"),
            ("event_type", "eventTypeCode"),
        ],
        tests: &[
            Test::Is("statusCode", &["closed"], Resolved),
            Test::Is("eventTypeCategory", &["issue", "investigation"], Firing),
        ],
        otherwise: Info,
        description: "eventDescription.0.latestDescription",
        annotations: &[
            ("event_type_category", "eventTypeCategory"),
            ("status", "statusCode"),
            ("affected", "affectedEntities.0.entityValue|/resources"),
            ("starts", "startTime"),
            ("ends", "endTime"),
            ("scope", "eventScopeCode"),
        ],
        changed_at: "lastUpdatedTime",
        link: "https://health.console.aws.amazon.com/health/home#/account/event-log?eventID={eventArn}",
        ..Kind::named("AWS Health Event")
    },
    Kind {
        title: "AWS Health abuse {service}: {eventTypeCode}",
        labels: &[
            ("event", "eventArn"),
            ("aws_service", "service"),
            ("event_type", "eventTypeCode"),
        ],
        tests: &[Test::Is("statusCode", &["closed"], Resolved)],
        otherwise: Firing,
        description: "eventDescription.0.latestDescription",
        annotations: &[
            ("event_type_category", "eventTypeCategory"),
            ("affected", "affectedEntities.0.entityValue|/resources"),
        ],
        ..Kind::named("AWS Health Abuse Event")
    },
    Kind {
        title: "CloudWatch alarm {alarmName}: configuration {operation}d",
        labels: &[("alarm", "alarmName")],
        tests: &[],
        description: "configuration.description",
        annotations: &[
            ("operation", "operation"),
            ("state", "state.value"),
            ("threshold", "configuration.threshold"),
            ("previous_threshold", "previousConfiguration.threshold"),
            ("actions_enabled", "configuration.actionsEnabled"),
            ("alarm_rule", "configuration.alarmRule"),
        ],
        ..Kind::named("CloudWatch Alarm Configuration Change")
    },
    Kind {
        title: "Change calendar {/resources.0} is {state}",
        labels: &[("calendar", "/resources.0")],
        tests: &[],
        annotations: &[
            ("next_transition", "nextTransitionTime"),
            ("event", "event"),
        ],
        changed_at: "atTime",
        ..Kind::named("Calendar State Change")
    },
    Kind {
        title: "SSM automation {Definition}: {Status}",
        labels: &[("automation", "Definition")],
        tests: SSM,
        annotations: &[
            ("execution", "ExecutionId"),
            ("by", "ExecutedBy"),
            ("millis", "Time"),
        ],
        ..Kind::named("EC2 Automation Execution Status-change Notification")
    },
    Kind {
        title: "SSM automation {Definition}: step {StepName} {Status}",
        labels: &[("automation", "Definition"), ("step", "StepName")],
        tests: SSM,
        annotations: &[
            ("execution", "ExecutionId"),
            ("action", "Action"),
            ("millis", "Time"),
        ],
        ..Kind::named("EC2 Automation Step Status-change Notification")
    },
    Kind {
        title: "SSM command {document-name} on {instance-id}: {status}",
        labels: &[
            ("document", "document-name"),
            ("instance", "instance-id|/resources.0"),
        ],
        tests: SSM,
        annotations: &[
            ("command", "command-id"),
            ("detailed_status", "detailed-status"),
        ],
        ..Kind::named("EC2 Command Invocation Status-change Notification")
    },
    Kind {
        title: "SSM command {document-name}: {status}",
        labels: &[("document", "document-name")],
        tests: SSM,
        annotations: &[
            ("command", "command-id"),
            ("detailed_status", "detailed-status"),
            ("expires", "expire-after"),
        ],
        ..Kind::named("EC2 Command Status-change Notification")
    },
    Kind {
        title: "SSM association of {document-name}: {status}",
        labels: &[
            ("association", "association-id"),
            ("document", "document-name"),
        ],
        tests: SSM,
        annotations: &[
            ("counts", "association-status-aggregated-count"),
            ("last_run", "last-execution-date"),
        ],
        ..Kind::named("EC2 State Manager Association State Change")
    },
    Kind {
        title: "SSM association of {document-name} on {instance-id}: {status}",
        labels: &[
            ("association", "association-id"),
            ("document", "document-name"),
            ("instance", "instance-id"),
        ],
        tests: SSM,
        description: "execution-summary",
        annotations: &[
            ("detailed_status", "detailed-status"),
            ("error_code", "error-code"),
            ("output", "output-url"),
        ],
        ..Kind::named("EC2 State Manager Instance Association State Change")
    },
    Kind {
        title: "SSM inventory {type-name} of {resource-id}: {action} {action-status}",
        labels: &[("resource", "resource-id"), ("inventory_type", "type-name")],
        tests: &[Test::Words("action-status")],
        description: "action-reason",
        ..Kind::named("Inventory Resource State Change")
    },
    Kind {
        title: "SSM parameter {name}: {operation} {exception}",
        labels: &[("parameter", "name")],
        tests: &[],
        description: "exception|description",
        annotations: &[
            ("operation", "operation"),
            ("type", "type"),
            ("exception", "exception"),
        ],
        ..Kind::named("Parameter Store Change")
    },
    Kind {
        title: "SSM parameter {parameter-name}: policy {policy-type} {action-status}",
        labels: &[("parameter", "parameter-name")],
        tests: &[Test::Words("action-status")],
        description: "action-reason",
        ..Kind::named("Parameter Store Policy Action")
    },
    Kind {
        title: "Maintenance window {window-id}: execution {status}",
        labels: &[("maintenance_window", "window-id")],
        tests: SSM,
        annotations: WINDOW,
        ..Kind::named("Maintenance Window Execution State-change Notification")
    },
    Kind {
        title: "Maintenance window {window-id} is {status}",
        labels: &[("maintenance_window", "window-id")],
        tests: &[],
        ..Kind::named("Maintenance Window State-change Notification")
    },
    Kind {
        title: "Maintenance window {window-id}: target {window-target-id} {status}",
        labels: &[
            ("maintenance_window", "window-id"),
            ("target", "window-target-id"),
        ],
        tests: &[],
        ..Kind::named("Maintenance Window Target Registration Notification")
    },
    Kind {
        title: "Maintenance window {window-id}: task {window-task-id} {status}",
        labels: &[
            ("maintenance_window", "window-id"),
            ("task", "window-task-id"),
        ],
        tests: &[],
        ..Kind::named("Maintenance Window Task Registration Notification")
    },
    Kind {
        title: "Maintenance window {window-id}: task {task-execution-id} {status}",
        labels: &[("maintenance_window", "window-id")],
        tests: SSM,
        annotations: WINDOW,
        ..Kind::named("Maintenance Window Task Execution State-change Notification")
    },
    Kind {
        title: "Maintenance window {window-id}: task on {window-target-id} {status}",
        labels: &[
            ("maintenance_window", "window-id"),
            ("target", "window-target-id"),
        ],
        tests: SSM,
        annotations: WINDOW,
        ..Kind::named("Maintenance Window Task Target Invocation State-change Notification")
    },
    Kind {
        title: "Schedule {/resources.0}",
        labels: &[("rule", "/resources.0")],
        tests: &[],
        ..Kind::named("Scheduled Event")
    },
    Kind {
        title: "Tags of {service} {resource-type} {/resources.0} changed: {changed-tag-keys}",
        labels: &[("resource", "/resources.0")],
        tests: &[],
        annotations: &[("changed_tag_keys", "changed-tag-keys"), ("tags", "tags")],
        ..Kind::named("Tag Change on Resource")
    },
    Kind {
        title: "Trusted Advisor: {check-name} is {status}",
        labels: &[
            ("check", "check-name"),
            (
                "resource",
                "resource_id|check-item-detail.Instance ID|check-item-detail.User Name (IAM or Root)|uuid",
            ),
        ],
        tests: &[
            Test::Is("status", &["ERROR", "WARN"], Firing),
            Test::Is("status", &["OK"], Resolved),
        ],
        annotations: &[
            ("status", "status"),
            (
                "monthly_savings",
                "check-item-detail.Estimated Monthly Savings",
            ),
            ("details", "check-item-detail"),
        ],
        ..Kind::named("Trusted Advisor Check Item Refresh Notification")
    },
    COST_ANOMALY_KIND,
    Kind {
        title: "{service|event-source|/source}: quota {quota-name|quotaName} is {status}",
        labels: &[("quota", "quota-name|quotaName|limit-name")],
        ..Kind::named("Service Quotas Usage Change")
    },
];

/// What a cost anomaly has in common in EventBridge (`dimensionValue`) and SNS (`dimensionalValue`).
const COST_ANOMALY: &[(&str, &str)] = &[
    ("dimension", "dimensionValue|dimensionalValue"),
    ("total_impact", "impact.totalImpact"),
    ("max_impact", "impact.maxImpact"),
    ("impact_percent", "impact.totalImpactPercentage"),
    ("actual_spend", "impact.totalActualSpend"),
    ("expected_spend", "impact.totalExpectedSpend"),
    ("root_cause_service", "rootCauses.0.service"),
    ("root_cause_usage", "rootCauses.0.usageType"),
    ("root_cause_region", "rootCauses.0.region"),
    ("score", "anomalyScore.maxScore"),
];

/// Systems Manager's states; a run that somebody cancelled is neither good nor bad.
const SSM: &[Test] = &[
    Test::Is(
        "Status|status",
        &[
            "Failed",
            "TimedOut",
            "TIMED_OUT",
            "FAILED",
            "Delivery Timed Out",
            "Undeliverable",
            "Terminated",
        ],
        Firing,
    ),
    Test::Is("Status|status", &["Success", "SUCCESS"], Resolved),
];

const WINDOW: &[(&str, &str)] = &[
    ("execution", "window-execution-id"),
    ("task_execution", "task-execution-id"),
    ("status", "status"),
    ("started", "start-time"),
    ("ended", "end-time"),
];
