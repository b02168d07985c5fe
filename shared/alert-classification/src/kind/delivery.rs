//! Building, deploying and keeping source.

use super::{Kind, Test};
use crate::alert::Status::{Firing, Resolved};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        title: "CodeBuild {project-name}: build {build-status}",
        labels: &[("project", "project-name")],
        tests: &[
            Test::Is("build-status", &["FAILED", "FAULT", "TIMED_OUT"], Firing),
            Test::Is("build-status", &["SUCCEEDED"], Resolved),
        ],
        annotations: &[
            ("build", "build-id"),
            ("build_number", "additional-information.build-number"),
            ("phase", "current-phase"),
            ("initiator", "additional-information.initiator"),
            ("source_version", "additional-information.source-version"),
            ("logs", "additional-information.logs.deep-link"),
        ],
        link: "{additional-information.logs.deep-link}",
        ..Kind::named("CodeBuild Build State Change")
    },
    Kind {
        title: "CodeBuild {project-name}: phase {completed-phase} {completed-phase-status}",
        labels: &[("project", "project-name"), ("phase", "completed-phase")],
        tests: &[Test::Words("completed-phase-status")],
        annotations: &[
            ("build", "build-id"),
            ("context", "completed-phase-context"),
        ],
        ..Kind::named("CodeBuild Build Phase Change")
    },
    Kind {
        title: "CodeCommit {repositoryName}: comment on commit {afterCommitId}",
        labels: &[("repository", "repositoryName")],
        tests: &[],
        annotations: &[
            ("event", "event"),
            ("by", "callerUserArn"),
            ("comment", "commentId"),
        ],
        ..Kind::named("CodeCommit Comment on Commit")
    },
    Kind {
        title: "CodeCommit {repositoryName}: comment on pull request {pullRequestId}",
        labels: &[
            ("repository", "repositoryName"),
            ("pull_request", "pullRequestId"),
        ],
        tests: &[],
        annotations: &[("event", "event"), ("by", "callerUserArn")],
        ..Kind::named("CodeCommit Comment on Pull Request")
    },
    Kind {
        title: "CodeCommit {repositoryNames}: pull request {pullRequestId} ({title}) {pullRequestStatus}",
        labels: &[
            ("repository", "repositoryNames"),
            ("pull_request", "pullRequestId"),
        ],
        tests: &[],
        annotations: &[
            ("event", "event"),
            ("by", "callerUserArn"),
            ("from", "sourceReference"),
            ("into", "destinationReference"),
            ("merged", "isMerged"),
        ],
        ..Kind::named("CodeCommit Pull Request State Change")
    },
    Kind {
        title: "CodeCommit {repositoryName}: {event} {referenceType} {referenceName}",
        labels: &[
            ("repository", "repositoryName"),
            ("reference", "referenceFullName|referenceName"),
        ],
        tests: &[],
        annotations: &[
            ("commit", "commitId"),
            ("old_commit", "oldCommitId"),
            ("by", "callerUserArn"),
        ],
        ..Kind::named("CodeCommit Repository State Change")
    },
    Kind {
        title: "CodeDeploy {application} ({deploymentGroup}): deployment {deploymentId} {state}",
        labels: &[
            ("application", "application"),
            ("deployment_group", "deploymentGroup"),
        ],
        tests: &[
            Test::Is("state", &["FAILURE", "STOP"], Firing),
            Test::Is("state", &["SUCCESS"], Resolved),
        ],
        annotations: &[("deployment", "deploymentId")],
        link: "https://{/region}.console.aws.amazon.com/codesuite/codedeploy/deployments/{deploymentId}?region={/region}",
        ..Kind::named("CodeDeploy Deployment State-change Notification")
    },
    Kind {
        title: "CodeDeploy {application} ({deploymentGroup}): instance {instanceId} {state}",
        labels: &[
            ("application", "application"),
            ("deployment_group", "deploymentGroup"),
            ("instance", "instanceId"),
        ],
        tests: &[
            Test::Is("state", &["FAILURE"], Firing),
            Test::Is("state", &["SUCCESS"], Resolved),
        ],
        annotations: &[("deployment", "deploymentId")],
        ..Kind::named("CodeDeploy Instance State-change Notification")
    },
    Kind {
        title: "CodePipeline {pipeline}: action {stage}/{action} {state}",
        labels: &[
            ("pipeline", "pipeline"),
            ("stage", "stage"),
            ("action", "action"),
        ],
        tests: &[Test::Words("state")],
        annotations: &[
            ("execution", "execution-id"),
            ("provider", "type.provider"),
            ("category", "type.category"),
            ("error", "execution-result.external-execution-summary"),
            ("error_code", "execution-result.error-code"),
        ],
        link: PIPELINE,
        ..Kind::named("CodePipeline Action Execution State Change")
    },
    Kind {
        title: "CodePipeline {pipeline}: execution {state}",
        labels: &[("pipeline", "pipeline")],
        tests: &[Test::Words("state")],
        annotations: &[("execution", "execution-id"), ("version", "version")],
        link: PIPELINE,
        ..Kind::named("CodePipeline Pipeline Execution State Change")
    },
    Kind {
        title: "CodePipeline {pipeline}: stage {stage} {state}",
        labels: &[("pipeline", "pipeline"), ("stage", "stage")],
        tests: &[Test::Words("state")],
        annotations: &[("execution", "execution-id"), ("version", "version")],
        link: PIPELINE,
        ..Kind::named("CodePipeline Stage Execution State Change")
    },
    Kind {
        title: "CloudFormation stack {stack-id}: {status-details.status}",
        labels: &[("stack", "stack-id")],
        tests: &[
            Test::Is(
                "status-details.status",
                &[
                    "CREATE_FAILED",
                    "ROLLBACK_FAILED",
                    "ROLLBACK_COMPLETE",
                    "DELETE_FAILED",
                    "UPDATE_FAILED",
                    "UPDATE_ROLLBACK_FAILED",
                    "UPDATE_ROLLBACK_COMPLETE",
                    "IMPORT_ROLLBACK_FAILED",
                    "IMPORT_ROLLBACK_COMPLETE",
                ],
                Firing,
            ),
            Test::Is(
                "status-details.status",
                &[
                    "CREATE_COMPLETE",
                    "UPDATE_COMPLETE",
                    "DELETE_COMPLETE",
                    "IMPORT_COMPLETE",
                ],
                Resolved,
            ),
        ],
        description: "status-details.status-reason",
        annotations: &[
            ("logical_id", "logical-resource-id"),
            ("resource_type", "resource-type"),
        ],
        ..Kind::named("CloudFormation Stack Status Change")
    },
    Kind {
        title: "CloudFormation {logical-resource-id}: {status-details.status}",
        labels: &[("stack", "stack-id"), ("logical_id", "logical-resource-id")],
        tests: &[
            Test::Words("status-details.status"),
            Test::Is(
                "status-details.status",
                &["CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"],
                Resolved,
            ),
        ],
        description: "status-details.status-reason",
        annotations: &[("resource_type", "resource-type")],
        ..Kind::named("CloudFormation Resource Status Change")
    },
    Kind {
        title: "ECR {repository-name}: scan {scan-status}, {finding-severity-counts.CRITICAL} critical and {finding-severity-counts.HIGH} high findings",
        labels: &[("repository", "repository-name")],
        tests: &[
            Test::AtLeast("finding-severity-counts.CRITICAL", 1.0, Firing),
            Test::AtLeast("finding-severity-counts.HIGH", 1.0, Firing),
            Test::Is("scan-status", &["FAILED"], Firing),
            Test::Is("scan-status", &["COMPLETE"], Resolved),
        ],
        annotations: &[
            ("critical", "finding-severity-counts.CRITICAL"),
            ("high", "finding-severity-counts.HIGH"),
            ("medium", "finding-severity-counts.MEDIUM"),
            ("low", "finding-severity-counts.LOW"),
            ("image_tags", "image-tags"),
            ("image_digest", "image-digest"),
        ],
        ..Kind::named("ECR Image Scan")
    },
    Kind {
        title: "ECR {repository-name}: image {image-tag} {action-type} {result}",
        labels: &[("repository", "repository-name")],
        tests: &[Test::Words("result")],
        annotations: &[("image_digest", "image-digest")],
        ..Kind::named("ECR Image Action")
    },
];

const PIPELINE: &str = "https://{/region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/{pipeline}/view?region={/region}";
