//! The shipped rules say what section 3 of the monitoring strategy says.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on should stop with the place"
)]

mod support;

use support::{Alarm, classifier, now, only};
use test_case::test_case;

fn decide(alarm: &Alarm) -> (String, String, String, u32) {
    let classified = only(classifier().read(&alarm.by_sns(), now()));
    let decided = classified.classification;
    (
        decided.priority.to_string(),
        decided.rule.unwrap_or_default().to_string(),
        decided.service.to_string(),
        decided.response_minutes,
    )
}

const fn alarm(name: &'static str, metric: &'static str, value: f64, threshold: f64) -> Alarm {
    Alarm {
        name,
        namespace: "HASIVU",
        metric,
        unit: None,
        statistic: "Average",
        dimension: ("Stage", "production"),
        value,
        threshold,
        operator: "GreaterThanThreshold",
        state: "ALARM",
        changed: "2026-11-23T09:58:37.811+0000",
    }
}

// P1, five minutes.
#[test_case(&alarm("hasivu-health-check-failing", "HealthCheckFailed", 1.0, 0.0), "P1", "system-down", ""; "system downtime")]
#[test_case(&Alarm { namespace: "AWS/Route53", operator: "LessThanThreshold", ..alarm("hasivu-site", "HealthCheckStatus", 0.0, 1.0) }, "P1", "system-down", ""; "route 53 health check")]
#[test_case(&alarm("hasivu-payment-failures", "PaymentFailures", 12.0, 5.0), "P1", "payments-failing", "payments"; "payment failures")]
#[test_case(&Alarm { namespace: "AWS/Lambda", dimension: ("FunctionName", "hasivu-razorpay-webhook"), ..alarm("lambda-errors-7", "Errors", 3.0, 0.0) }, "P1", "payments-failing", "payments"; "payment function fails")]
#[test_case(&Alarm { operator: "LessThanThreshold", ..alarm("hasivu-payment-success-rate", "PaymentSuccessRate", 90.0, 95.0) }, "P1", "payments-failing", "payments"; "payment success rate")]
#[test_case(&alarm("hasivu-db-connection-failures", "DatabaseConnectionErrors", 4.0, 0.0), "P1", "database-unreachable", "database"; "database connectivity")]
#[test_case(&alarm("hasivu-security-breach", "BreachIndicators", 1.0, 0.0), "P1", "security-breach", ""; "security breach")]
#[test_case(&alarm("hasivu-order-data-corruption", "ChecksumMismatches", 1.0, 0.0), "P1", "data-corruption", "orders"; "data corruption")]
// P2, fifteen minutes.
#[test_case(&alarm("hasivu-menu-error-rate", "ErrorRate", 6.2, 5.0), "P2", "error-rate-high", "menus"; "error rate over five")]
#[test_case(&Alarm { namespace: "AWS/ApiGateway", dimension: ("ApiName", "hasivu"), ..alarm("hasivu-5xx", "5XXError", 0.062, 0.05) }, "P2", "error-rate-high", "api"; "a fraction of requests")]
#[test_case(&Alarm { unit: Some("Milliseconds"), ..alarm("hasivu-menu-latency", "ResponseTime", 3_400.0, 3_000.0) }, "P2", "response-slow", "menus"; "over three seconds")]
#[test_case(&Alarm { namespace: "AWS/Lambda", dimension: ("FunctionName", "hasivu-menu-list"), ..alarm("menu-duration", "Duration", 3_100.0, 3_000.0) }, "P2", "response-slow", "menus"; "lambda counts milliseconds")]
#[test_case(&Alarm { namespace: "AWS/ApplicationELB", dimension: ("LoadBalancer", "app/hasivu"), ..alarm("hasivu-alb", "TargetResponseTime", 3.4, 3.0) }, "P2", "response-slow", ""; "load balancers count seconds")]
#[test_case(&alarm("hasivu-auth-login-failures", "LoginFailures", 40.0, 20.0), "P2", "authentication-trouble", "auth"; "authentication")]
#[test_case(&alarm("hasivu-rfid-verification-failures", "RfidVerificationFailures", 9.0, 5.0), "P2", "rfid-failing", "rfid"; "rfid failures")]
#[test_case(&alarm("hasivu-rfid-reader-offline", "ReadersOffline", 2.0, 0.0), "P2", "rfid-failing", "rfid"; "rfid reader")]
// P3, one hour.
#[test_case(&Alarm { namespace: "AWS/RDS", dimension: ("DBInstanceIdentifier", "hasivu"), ..alarm("hasivu-rds-cpu", "CPUUtilization", 91.0, 80.0) }, "P3", "resource-nearly-full", "database"; "database processor")]
#[test_case(&Alarm { namespace: "AWS/ElastiCache", dimension: ("CacheClusterId", "hasivu"), ..alarm("hasivu-redis-memory", "DatabaseMemoryUsagePercentage", 85.0, 80.0) }, "P3", "resource-nearly-full", "cache"; "cache memory")]
#[test_case(&Alarm { namespace: "AWS/Lambda", dimension: ("FunctionName", "hasivu-payment-create"), ..alarm("pc", "ProvisionedConcurrencyUtilization", 0.9, 0.8) }, "P3", "resource-nearly-full", "payments"; "a fraction of concurrency")]
#[test_case(&alarm("hasivu-auth-memory", "MemoryUtilization", 88.0, 80.0), "P3", "resource-nearly-full", "auth"; "a full resource of authentication is still a resource")]
#[test_case(&alarm("hasivu-cache-miss-rate", "CacheMissRate", 35.0, 30.0), "P3", "cache-misses", "cache"; "cache misses")]
#[test_case(&alarm("hasivu-menu-error-rate", "ErrorRate", 3.1, 2.0), "P3", "error-rate-moderate", "menus"; "error rate of three")]
#[test_case(&alarm("hasivu-menu-error-rate", "ErrorRate", 5.0, 2.0), "P3", "error-rate-moderate", "menus"; "error rate of exactly five")]
#[test_case(&Alarm { namespace: "AWS/Lambda", ..alarm("hasivu-concurrency", "ConcurrentExecutions", 900.0, 800.0) }, "P3", "capacity", ""; "capacity planning")]
// P4, a day.
#[test_case(&alarm("hasivu-menu-latency-trend", "MenuScore", 1.0, 0.5), "P4", "performance-trend", "menus"; "performance trend")]
#[test_case(&alarm("hasivu-monthly-cost", "EstimatedCharges", 900.0, 800.0), "P4", "cost", ""; "cost")]
#[test_case(&alarm("hasivu-maintenance-reminder", "DaysSincePatch", 31.0, 30.0), "P4", "maintenance", ""; "maintenance reminder")]
// What looks like something worse and is not, or is worse than it looks.
#[test_case(&alarm("hasivu-cost-threshold-breach", "EstimatedCharges", 900.0, 800.0), "P4", "cost", ""; "a cost threshold is no security breach")]
#[test_case(&Alarm { unit: Some("Milliseconds"), ..alarm("api-latency-sla-breach", "ResponseTime", 700.0, 500.0) }, "P3", "slower-than-promised", ""; "a service level is no security breach")]
#[test_case(&Alarm { namespace: "AWS/ECS", ..alarm("hasivu-scale-in-down", "CPUUtilization", 12.0, 20.0) }, "P3", "capacity", ""; "scaling down is no downtime")]
#[test_case(&Alarm { namespace: "AWS/DynamoDB", operator: "LessThanThreshold", ..alarm("TargetTracking-table/hasivu-sessions-AlarmLow-1", "ConsumedReadCapacityUnits", 1.0, 90.0) }, "P4", "auto-scaling-works", ""; "auto scaling works")]
#[test_case(&Alarm { dimension: ("service", "hasivu-payments"), ..alarm("pay", "PaymentErrors", 9.0, 5.0) }, "P1", "payments-failing", "payments"; "somebodys own name for a service")]
#[test_case(&alarm("pay-fail", "PaymentFailures", 9.0, 5.0), "P1", "payments-failing", "payments"; "only the metric says payments")]
#[test_case(&Alarm { namespace: "HASIVU/Payments", ..alarm("tx", "TransactionErrors", 9.0, 5.0) }, "P1", "payments-failing", "payments"; "only the namespace says payments")]
#[test_case(&Alarm { namespace: "AWS/Lambda", statistic: "Sum", dimension: ("FunctionName", "hasivu-rfid-cards-verify"), ..alarm("fn-1", "Errors", 3.0, 0.0) }, "P2", "rfid-failing", "rfid"; "cards are no rds")]
#[test_case(&Alarm { namespace: "AWS/ApplicationELB", operator: "LessThanThreshold", ..alarm("hosts", "HealthyHostCount", 0.0, 1.0) }, "P1", "nothing-runs", ""; "no healthy host")]
#[test_case(&Alarm { namespace: "CloudWatchSynthetics", operator: "LessThanThreshold", unit: Some("Percent"), ..alarm("canary", "SuccessPercent", 0.0, 90.0) }, "P1", "canary-fails", ""; "a canary fails")]
#[test_case(&Alarm { namespace: "AWS/RDS", ..alarm("aurora-commit", "CommitLatency", 20.0, 10.0) }, "P3", "slower-than-promised", "database"; "aurora counts milliseconds")]
#[test_case(&Alarm { namespace: "AWS/ElastiCache", ..alarm("redis-get", "GetTypeCmdsLatency", 9_000.0, 5_000.0) }, "P3", "slower-than-promised", "cache"; "elasticache counts microseconds")]
#[test_case(&Alarm { namespace: "AWS/ApiGateway", dimension: ("ApiId", "a1"), ..alarm("http-api", "5xx", 0.07, 0.05) }, "P2", "error-rate-high", "api"; "http apis count fractions")]
#[test_case(&Alarm { namespace: "AWS/Lambda", dimension: ("FunctionName", "hasivu-menu-list"), ..alarm("fn-2", "Errors", 0.1, 0.05) }, "P2", "error-rate-high", "menus"; "the average of errors is a fraction")]
#[test_case(&Alarm { namespace: "AWS/Lambda", statistic: "Sum", dimension: ("FunctionName", "hasivu-razorpay-webhook"), ..alarm("busy", "ConcurrentExecutions", 90.0, 80.0) }, "P3", "capacity", "payments"; "a busy webhook is no failed payment")]
#[test_case(&alarm("hasivu-sessions-read", "ConsumedReadCapacityUnits", 90.0, 80.0), "P3", "capacity", "auth"; "capacity of authentication")]
// And nothing is dropped for want of a rule.
#[test_case(&Alarm::default(), "P3", "", ""; "no rule")]
fn section_3(alarm: &Alarm, priority: &str, rule: &str, service: &str) {
    let (found, by, of, minutes) = decide(alarm);
    assert_eq!((found.as_str(), by.as_str()), (priority, rule));
    if !service.is_empty() {
        assert_eq!(of, service);
    }
    let promised = [("P1", 5), ("P2", 15), ("P3", 60), ("P4", 1_440)];
    assert!(promised.contains(&(priority, minutes)), "{minutes}");
}

/// How the alarms of an incident are told apart must not depend on what was measured.
#[test]
fn a_resolve_finds_the_incident_of_its_firing() {
    let metrics = [
        ("CPUUtilization", 70.0),
        ("CPUUtilization", 80.0),
        ("disk_used_percent", 75.0),
        ("ErrorRate", 1.0),
        ("ErrorRate", 2.0),
        ("ErrorRate", 5.0),
        ("Duration", 2_000.0),
        ("Latency", 3_000.0),
        ("PaymentFailures", 3.0),
        ("CacheMissRate", 30.0),
        ("Bananas", 1.0),
    ];
    let falling = [
        ("OrderSuccessRate", 99.0),
        ("PaymentSuccessRate", 95.0),
        ("CacheHitRate", 80.0),
    ];
    let alarms = metrics
        .into_iter()
        .map(|(metric, threshold)| (metric, threshold, "GreaterThanThreshold", 1.0))
        .chain(
            metrics
                .into_iter()
                .map(|(m, t)| (m, t, "GreaterThanOrEqualToThreshold", 1.0)),
        )
        .chain(
            falling
                .into_iter()
                .map(|(m, t)| (m, t, "LessThanThreshold", -1.0)),
        );
    for (metric, threshold, operator, direction) in alarms {
        for beyond in [0.5, 3.0, 15.0, 1_000.0] {
            let firing = Alarm {
                metric,
                threshold,
                operator,
                value: threshold + direction * beyond,
                ..Alarm::default()
            };
            let resolved = firing.clone().ok();
            let of = |body: String| {
                let classified = only(classifier().read(&body, now()));
                let decided = classified.classification;
                (
                    decided.service,
                    decided.stable_category,
                    classified.alert.fingerprint,
                )
            };
            let resolved = [of(resolved.by_sns()), of(resolved.by_eventbridge())];
            for firing in [of(firing.by_sns()), of(firing.by_eventbridge())] {
                assert_eq!(
                    resolved[0], firing,
                    "{metric} {operator} {threshold}, {beyond} beyond"
                );
                assert_eq!(
                    resolved[1], firing,
                    "{metric} {operator} {threshold}, {beyond} beyond"
                );
            }
        }
    }
}

#[test]
fn without_a_rule_the_reason_says_so() {
    let decided = only(classifier().read(&Alarm::default().by_sns(), now())).classification;
    assert_eq!(decided.reason, alert_classification::NO_RULE);
    assert_eq!(decided.rule, None);
}

#[test]
fn the_reason_names_the_numbers() {
    let alarm = alarm("hasivu-menu-error-rate", "ErrorRate", 6.2, 5.0);
    let decided = only(classifier().read(&alarm.by_sns(), now())).classification;
    assert_eq!(
        decided.reason,
        "High error rate, over 5 % (the alarm's window is the 10 minutes): error_rate_percent > 5 (6.2)"
    );
}

#[test]
fn without_a_data_point_the_threshold_tells() {
    // `greater than 5` fired, so something was over 5.
    let alarm = alarm("hasivu-menu-error-rate", "ErrorRate", 6.2, 5.0);
    let message = alarm.message().replace("[6.2 (23/11/26 09:48:00)]", "");
    let decided = only(classifier().read(&message, now())).classification;
    assert_eq!(decided.rule.as_deref(), Some("error-rate-high"));
}

#[test]
fn a_resolve_is_as_urgent_as_what_its_alarm_watches_for() {
    let alarm = alarm("hasivu-menu-error-rate", "ErrorRate", 6.2, 5.0).ok();
    let decided = only(classifier().read(&alarm.by_sns(), now())).classification;
    assert_eq!(decided.rule.as_deref(), Some("error-rate-high"));
}
