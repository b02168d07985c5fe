//! JSON messages that services put straight on SNS, without EventBridge around them: known by
//! the fields that only they have.

use super::data::{BACKUP_JOB, RDS_BEGINS, RDS_ENDS};
use super::operations::COST_ANOMALY_KIND;
use super::security::CONFIG_RULE;
use super::{Kind, Test};
use crate::alert::Status::{Firing, Resolved};

/// A message: the fields that tell it from all others, who sends it, and what it means.
pub(crate) struct Message {
    /// All of these are there.
    pub(crate) has: &'static [&'static str],
    /// EventBridge's name for the sender.
    pub(crate) source: &'static str,
    /// What it means.
    pub(crate) kind: Kind,
}

/// In order: the first whose fields are all there.
pub(crate) const MESSAGES: &[Message] = &[
    Message {
        has: &["anomalyId", "impact"],
        source: "aws.ce",
        kind: COST_ANOMALY_KIND,
    },
    Message {
        has: &["configRuleName", "newEvaluationResult"],
        source: "aws.config",
        kind: CONFIG_RULE,
    },
    Message {
        has: &["configurationItem", "configurationItemDiff"],
        source: "aws.config",
        kind: Kind {
            title: "Config: {configurationItem.resourceType} {configurationItem.resourceId} {configurationItemDiff.changeType}",
            labels: &[
                ("resource_type", "configurationItem.resourceType"),
                (
                    "resource",
                    "configurationItem.ARN|configurationItem.resourceId",
                ),
            ],
            tests: &[],
            annotations: &[("status", "configurationItem.configurationItemStatus")],
            changed_at: "notificationCreationTime",
            ..Kind::named("Config Configuration Item Change")
        },
    },
    Message {
        has: &["deploymentId", "applicationName", "status"],
        source: "aws.codedeploy",
        kind: Kind {
            title: "CodeDeploy {applicationName} ({deploymentGroupName}): deployment {deploymentId} {status}",
            labels: &[
                ("application", "applicationName"),
                ("deployment_group", "deploymentGroupName"),
            ],
            tests: &[
                Test::Is("status", &["FAILED", "STOPPED"], Firing),
                Test::Is("status", &["SUCCEEDED"], Resolved),
            ],
            description: "errorInformation",
            annotations: &[
                ("deployment", "deploymentId"),
                ("trigger", "eventTriggerName"),
                ("overview", "deploymentOverview"),
                ("rollback", "rollbackInformation"),
                ("completed", "completeTime"),
            ],
            ..Kind::named("CodeDeploy Trigger")
        },
    },
    Message {
        has: &["Event Source", "Event Message"],
        source: "aws.rds",
        kind: Kind {
            title: "{Event Source} {Source ID|SourceId}: {Event Message}",
            labels: &[
                ("source_id", "Source ID|SourceId"),
                ("source_type", "Event Source"),
            ],
            // The id is the end of a link into the documentation.
            tests: &[
                Test::Ends("Event ID", RDS_BEGINS, Firing),
                Test::Ends("Event ID", RDS_ENDS, Resolved),
            ],
            description: "Event Message",
            annotations: &[("event_id", "Event ID"), ("link", "Identifier Link")],
            changed_at: "Event Time",
            link: "{Identifier Link}",
            ..Kind::named("Database Event")
        },
    },
    Message {
        // Lambda's destination of asynchronous invocations; the payload may hold anything and is left out.
        has: &["requestContext", "responseContext"],
        source: "lambda",
        kind: Kind {
            title: "Lambda {requestContext.functionArn}: {requestContext.condition} {responsePayload.errorType}",
            labels: &[("function", "requestContext.functionArn")],
            tests: &[Test::Is("requestContext.condition", &["Success"], Resolved)],
            otherwise: Firing,
            description: "responsePayload.errorMessage",
            annotations: &[
                ("condition", "requestContext.condition"),
                ("attempts", "requestContext.approximateInvokeCount"),
                ("function_error", "responseContext.functionError"),
                ("request", "requestContext.requestId"),
            ],
            changed_at: "timestamp",
            ..Kind::named("Lambda Function Invocation Result - Failure")
        },
    },
    Message {
        has: &["AutoScalingGroupName", "Event"],
        source: "aws.autoscaling",
        kind: Kind {
            title: "Auto Scaling {AutoScalingGroupName}: {Event} {EC2InstanceId}",
            // A termination that went well does not end a launch that failed: no event of this form ends another.
            labels: &[
                ("auto_scaling_group", "AutoScalingGroupName"),
                ("event", "Event"),
            ],
            tests: &[Test::Is(
                "Event",
                &[
                    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
                    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
                ],
                Firing,
            )],
            description: "Description|Cause",
            annotations: &[
                ("instance", "EC2InstanceId"),
                ("cause", "Cause"),
                ("status_code", "StatusCode"),
                ("status", "StatusMessage"),
            ],
            changed_at: "Time|EndTime",
            ..Kind::named("Auto Scaling Notification")
        },
    },
    Message {
        has: &["approval", "consoleLink"],
        source: "aws.codepipeline",
        kind: Kind {
            title: "CodePipeline {approval.pipelineName}: {approval.stageName}/{approval.actionName} waits for approval",
            labels: &[
                ("pipeline", "approval.pipelineName"),
                ("stage", "approval.stageName"),
            ],
            tests: &[],
            description: "approval.customData",
            annotations: &[
                ("expires", "approval.expires"),
                ("review", "approval.approvalReviewLink"),
            ],
            link: "{approval.approvalReviewLink|consoleLink}",
            ..Kind::named("CodePipeline Approval")
        },
    },
    Message {
        has: &["notificationType", "mail"],
        source: "aws.ses",
        kind: Kind {
            title: "SES {notificationType} for mail from {mail.source}",
            labels: &[
                ("mail_source", "mail.source"),
                ("notification_type", "notificationType"),
            ],
            tests: &[],
            annotations: &[
                ("bounce_type", "bounce.bounceType"),
                ("complaint", "complaint.complaintFeedbackType"),
                ("message_id", "mail.messageId"),
            ],
            changed_at: "mail.timestamp",
            ..Kind::named("SES Notification")
        },
    },
    Message {
        has: &["state", "backupJobId"],
        source: "aws.backup",
        kind: BACKUP_JOB,
    },
];
