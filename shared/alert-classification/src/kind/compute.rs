//! Instances, containers, functions' work-flows, clusters and jobs.

use super::{Kind, Test};
use crate::alert::Status::{Firing, Info, Resolved};

pub(super) const KINDS: &[Kind] = &[
    Kind {
        title: "EC2 instance {instance-id|instance_id} is {state}",
        labels: &[("instance", "instance-id|instance_id")],
        tests: &[],
        link: "https://{/region}.console.aws.amazon.com/ec2/home?region={/region}#InstanceDetails:instanceId={instance-id|instance_id}",
        ..Kind::named("EC2 Instance State-change Notification")
    },
    Kind {
        title: "EC2 Spot instance {instance-id} will be interrupted ({instance-action})",
        labels: &[("instance", "instance-id")],
        tests: &[],
        otherwise: Info,
        ..Kind::named("EC2 Spot Instance Interruption Warning")
    },
    Kind {
        title: "Auto Scaling {AutoScalingGroupName}: lifecycle hook {LifecycleHookName} waits on launch of {EC2InstanceId}",
        labels: &[
            ("auto_scaling_group", "AutoScalingGroupName"),
            ("instance", "EC2InstanceId"),
        ],
        tests: &[],
        annotations: &[
            ("transition", "LifecycleTransition"),
            ("metadata", "NotificationMetadata"),
        ],
        ..Kind::named("EC2 Instance-launch Lifecycle Action")
    },
    Kind {
        title: "Auto Scaling {AutoScalingGroupName}: lifecycle hook {LifecycleHookName} waits on termination of {EC2InstanceId}",
        labels: &[
            ("auto_scaling_group", "AutoScalingGroupName"),
            ("instance", "EC2InstanceId"),
        ],
        tests: &[],
        annotations: &[
            ("transition", "LifecycleTransition"),
            ("metadata", "NotificationMetadata"),
        ],
        ..Kind::named("EC2 Instance-terminate Lifecycle Action")
    },
    Kind {
        title: "Auto Scaling {AutoScalingGroupName}: launched {EC2InstanceId}",
        labels: &[
            ("auto_scaling_group", "AutoScalingGroupName"),
            ("operation", "/operation"),
        ],
        tests: &[],
        otherwise: Resolved,
        description: "Description|Cause",
        annotations: AUTO_SCALING,
        alertname: "EC2 Instance Launch",
        ..Kind::named("EC2 Instance Launch Successful")
    },
    Kind {
        title: "Auto Scaling {AutoScalingGroupName}: launch of {EC2InstanceId} failed",
        labels: &[
            ("auto_scaling_group", "AutoScalingGroupName"),
            ("operation", "/operation"),
        ],
        tests: &[],
        otherwise: Firing,
        description: "StatusMessage|Description|Cause",
        annotations: AUTO_SCALING,
        alertname: "EC2 Instance Launch",
        ..Kind::named("EC2 Instance Launch Unsuccessful")
    },
    Kind {
        title: "Auto Scaling {AutoScalingGroupName}: terminated {EC2InstanceId}",
        labels: &[
            ("auto_scaling_group", "AutoScalingGroupName"),
            ("operation", "/operation"),
        ],
        tests: &[],
        otherwise: Resolved,
        description: "Description|Cause",
        annotations: AUTO_SCALING,
        alertname: "EC2 Instance Terminate",
        ..Kind::named("EC2 Instance Terminate Successful")
    },
    Kind {
        title: "Auto Scaling {AutoScalingGroupName}: termination of {EC2InstanceId} failed",
        labels: &[
            ("auto_scaling_group", "AutoScalingGroupName"),
            ("operation", "/operation"),
        ],
        tests: &[],
        otherwise: Firing,
        description: "StatusMessage|Description|Cause",
        annotations: AUTO_SCALING,
        alertname: "EC2 Instance Terminate",
        ..Kind::named("EC2 Instance Terminate Unsuccessful")
    },
    Kind {
        title: "ECS container instance {ec2InstanceId} is {status}, agent connected: {agentConnected}",
        labels: &[
            ("cluster", "clusterArn"),
            ("container_instance", "containerInstanceArn"),
        ],
        tests: &[
            Test::Is("agentConnected", &["false"], Firing),
            Test::Is("agentConnected", &["true"], Resolved),
        ],
        annotations: &[
            ("instance", "ec2InstanceId"),
            ("agent_version", "versionInfo.agentVersion"),
        ],
        changed_at: "updatedAt",
        ..Kind::named("ECS Container Instance State Change")
    },
    Kind {
        title: "ECS task of {group} is {lastStatus} ({stoppedReason})",
        labels: &[("cluster", "clusterArn"), ("group", "group")],
        tests: &[
            // A task that ends well was meant to end.
            Test::Is("containers.0.exitCode", &["0"], Info),
            Test::Is(
                "stopCode",
                &["TaskFailedToStart", "EssentialContainerExited"],
                Firing,
            ),
            Test::Is("lastStatus", &["RUNNING"], Resolved),
        ],
        description: "stoppedReason",
        annotations: &[
            ("task", "taskArn"),
            ("stop_code", "stopCode"),
            ("exit_code", "containers.0.exitCode"),
            ("desired", "desiredStatus"),
        ],
        changed_at: "updatedAt",
        ..Kind::named("ECS Task State Change")
    },
    Kind {
        title: "ECS {/resources.0}: {eventName}",
        labels: &[("resource", "/resources.0")],
        tests: ECS_EVENT,
        description: "reason",
        annotations: &[
            ("event", "eventName"),
            ("type", "eventType"),
            ("deployment", "deploymentId"),
        ],
        changed_at: "updatedAt",
        ..Kind::named("ECS Deployment State Change")
    },
    Kind {
        title: "ECS {/resources.0}: {eventName}",
        labels: &[("resource", "/resources.0")],
        tests: ECS_EVENT,
        description: "reason",
        annotations: &[
            ("event", "eventName"),
            ("type", "eventType"),
            ("cluster", "clusterArn"),
        ],
        changed_at: "createdAt",
        ..Kind::named("ECS Service Action")
    },
    Kind {
        title: "Step Functions {stateMachineArn}: execution {name} {status}",
        // The state machine, not the execution: the next success ends the trouble.
        labels: &[("state_machine", "stateMachineArn")],
        tests: &[
            Test::Is("status", &["FAILED", "TIMED_OUT"], Firing),
            Test::Is("status", &["SUCCEEDED"], Resolved),
        ],
        description: "cause|error",
        annotations: &[("execution", "executionArn"), ("error", "error")],
        changed_at: "stopDate|startDate",
        link: "https://{/region}.console.aws.amazon.com/states/home?region={/region}#/v2/executions/details/{executionArn}",
        ..Kind::named("Step Functions Execution Status Change")
    },
    Kind {
        title: "Canary {canary-name}: {test-run-status} ({state-reason})",
        alertname: "Synthetics Canary TestRun",
        labels: &[("canary", "canary-name")],
        tests: &[],
        otherwise: Firing,
        description: "state-reason",
        annotations: &[
            ("canary_run", "canary-run-id"),
            ("status", "test-run-status"),
        ],
        ..Kind::named("Synthetics Canary TestRun Failure")
    },
    Kind {
        title: "Canary {canary-name}: {test-run-status}",
        alertname: "Synthetics Canary TestRun",
        labels: &[("canary", "canary-name")],
        tests: &[],
        otherwise: Resolved,
        annotations: &[
            ("canary_run", "canary-run-id"),
            ("status", "test-run-status"),
        ],
        ..Kind::named("Synthetics Canary TestRun Successful")
    },
    Kind {
        title: "Batch job {jobName} {status}",
        labels: &[("job", "jobName"), ("queue", "jobQueue")],
        tests: &[
            Test::Is("status", &["FAILED"], Firing),
            Test::Is("status", &["SUCCEEDED"], Resolved),
        ],
        description: "statusReason",
        annotations: &[("job_id", "jobId"), ("exit_code", "container.exitCode")],
        ..Kind::named("Batch Job State Change")
    },
    Kind {
        title: "Lambda {/resources.0}: {responseContext.functionError}",
        labels: &[("function", "requestContext.functionArn|/resources.0")],
        tests: &[],
        otherwise: Firing,
        description: "responsePayload.errorMessage",
        annotations: &[
            ("condition", "requestContext.condition"),
            ("attempts", "requestContext.approximateInvokeCount"),
            ("request", "requestContext.requestId"),
        ],
        ..Kind::named("Lambda Function Invocation Result - Failure")
    },
    Kind {
        title: "EMR cluster {clusterId}: scaling policy of {resourceId} is {state}",
        labels: &[("cluster", "clusterId"), ("resource", "resourceId")],
        annotations: &[("type", "scalingResourceType")],
        ..Kind::named("EMR Auto Scaling Policy State Change")
    },
    Kind {
        title: "EMR cluster {name} ({clusterId}) is {state}",
        labels: &[("cluster", "clusterId")],
        tests: &[
            Test::Is("state", &["TERMINATED_WITH_ERRORS"], Firing),
            Test::Is("severity", &["ERROR", "CRITICAL"], Firing),
            Test::Is("state", &["TERMINATED", "WAITING", "RUNNING"], Resolved),
        ],
        annotations: &[("severity", "severity"), ("change", "stateChangeReason")],
        ..Kind::named("EMR Cluster State Change")
    },
    Kind {
        title: "EMR cluster {clusterId}: instance group {instanceGroupId} ({instanceGroupType}) is {state}",
        labels: &[
            ("cluster", "clusterId"),
            ("instance_group", "instanceGroupId"),
        ],
        tests: &[
            Test::Is("state", &["ARRESTED", "SUSPENDED"], Firing),
            Test::Is("severity", &["ERROR", "CRITICAL"], Firing),
            Test::Is("state", &["RUNNING"], Resolved),
        ],
        annotations: &[
            ("requested", "requestedInstanceCount"),
            ("running", "runningInstanceCount"),
            ("instance_type", "instanceType"),
            ("market", "market"),
        ],
        ..Kind::named("EMR Instance Group State Change")
    },
    Kind {
        title: "EMR cluster {clusterId}: step {name} {state}",
        labels: &[("cluster", "clusterId"), ("step", "stepId|name")],
        tests: &[Test::Words("state")],
        annotations: &[("action_on_failure", "actionOnFailure")],
        ..Kind::named("EMR Step Status Change")
    },
    Kind {
        title: "SageMaker training job {TrainingJobName}: {TrainingJobStatus}",
        labels: &[("training_job", "TrainingJobName")],
        tests: &[
            Test::Is("TrainingJobStatus", &["Failed"], Firing),
            Test::Is("TrainingJobStatus", &["Completed"], Resolved),
        ],
        description: "FailureReason",
        annotations: &[
            ("secondary_status", "SecondaryStatus"),
            ("arn", "TrainingJobArn"),
        ],
        ..Kind::named("SageMaker Training Job State Change")
    },
    Kind {
        title: "GameLift {/resources.0}: {type}",
        labels: &[("resource", "/resources.0")],
        tests: &[
            Test::Is(
                "type",
                &["MatchmakingTimedOut", "MatchmakingFailed"],
                Firing,
            ),
            Test::Is("type", &["MatchmakingSucceeded"], Resolved),
        ],
        description: "message|reason",
        annotations: &[
            ("match", "matchId"),
            ("reason", "reason"),
            ("wait_millis", "estimatedWaitMillis"),
        ],
        ..Kind::named("GameLift Matchmaking Event")
    },
    Kind {
        title: "OpsWorks command {type} {status} on {instance-id}",
        labels: &[("instance", "instance-id"), ("command", "type")],
        annotations: &[("command_id", "command-id")],
        ..Kind::named("OpsWorks Command State Change")
    },
    Kind {
        title: "OpsWorks instance {hostname} ({ec2-instance-id}) is {status}",
        labels: &[("instance", "instance-id"), ("stack", "stack-id")],
        tests: &[
            Test::Is(
                "status",
                &[
                    "connection_lost",
                    "setup_failed",
                    "start_failed",
                    "stop_failed",
                ],
                Firing,
            ),
            Test::Is("status", &["online"], Resolved),
        ],
        annotations: &[("by", "initiated_by"), ("instance_id", "ec2-instance-id")],
        ..Kind::named("OpsWorks Instance State Change")
    },
    Kind {
        title: "Server migration job {replication-job-id}: {state}",
        labels: &[("job", "replication-job-id")],
        annotations: &[("run", "replication-run-id")],
        ..Kind::named("Server Migration Job State Change")
    },
    Kind {
        title: "Elastic Beanstalk {EnvironmentName}: {Status}",
        labels: &[
            ("environment", "EnvironmentName"),
            ("application", "ApplicationName"),
        ],
        tests: &[
            Test::Is("Severity", &["ERROR", "FATAL", "WARN"], Firing),
            Test::Is("Status", &["Ok"], Resolved),
        ],
        annotations: &[("severity", "Severity")],
        ..Kind::named("Health status change")
    },
];

const AUTO_SCALING: &[(&str, &str)] = &[
    ("instance", "EC2InstanceId"),
    ("activity", "ActivityId"),
    ("status_code", "StatusCode"),
    ("zone", "Details.Availability Zone"),
    ("cause", "Cause"),
];

/// ECS says INFO, WARN or ERROR; a steady state or a completed deployment ends what was wrong.
const ECS_EVENT: &[Test] = &[
    Test::Is("eventType", &["ERROR", "WARN"], Firing),
    Test::Is(
        "eventName",
        &["SERVICE_STEADY_STATE", "SERVICE_DEPLOYMENT_COMPLETED"],
        Resolved,
    ),
];
