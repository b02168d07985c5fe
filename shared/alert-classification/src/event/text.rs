//! Plain text: AWS Budgets, AWS Backup, CloudFormation, anybody's words, and what cannot be read.

use super::draft::{Draft, cut, one_line};
use super::{Context, aws, detail};
use crate::alert::{Alert, Measurement, Status};
use crate::kind::status_of_word;

/// A message in plain text.
pub(super) fn message(text: &str, context: &Context<'_>) -> Alert {
    if text.is_empty() {
        return unknown(text, context);
    }
    if text.starts_with("AWS Budget Notification") {
        return budget(text, context);
    }
    if text.starts_with("StackId='") {
        return stack(text, context);
    }
    if text.starts_with("An AWS ") && text.contains(" job ") {
        return backup(text, context);
    }
    let status = context.state.and_then(status_of_word);
    let source = detail::source_of(context);
    let mut draft = start(
        source,
        "Text message",
        status.unwrap_or(Status::Info),
        context,
    );
    let first_line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or(text);
    draft.label("subject", context.subject.unwrap_or_default());
    if context.subject.is_none() {
        draft.label("text", &one_line(first_line, 100));
    }
    draft.title(match context.subject {
        Some(subject) => format!("{subject}: {first_line}"),
        None => first_line.to_owned(),
    });
    draft.description(text);
    draft.finish()
}

fn start(source: &str, kind: &str, status: Status, context: &Context<'_>) -> Draft {
    let mut draft = Draft::new(source, kind, status, context.at);
    draft.label("alertname", kind);
    if let Some(topic) = context.topic_arn {
        draft.label("account", aws::account_of_arn(topic).unwrap_or_default());
        draft.label("region", aws::region_of_arn(topic).unwrap_or_default());
        draft.annotation("topic", topic);
    }
    draft
}

/// The value behind `name` in lines of `Name: value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

/// `$1,234.56` and `> $0.16` as numbers.
fn amount(text: &str) -> Option<f64> {
    let digits: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    digits.parse().ok()
}

/// AWS Budgets. Firing: that a budget is within its limit again is never told.
fn budget(text: &str, context: &Context<'_>) -> Alert {
    let mut draft = start(
        "aws.budgets",
        "AWS Budget Notification",
        Status::Firing,
        context,
    );
    let name = field(text, "Budget Name").unwrap_or_default();
    let kind = field(text, "Alert Type").unwrap_or_default();
    let threshold = field(text, "Alert Threshold");
    let limit = field(text, "Budgeted Amount").and_then(amount);
    let actual = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("ACTUAL Amount:")
                .or_else(|| line.strip_prefix("FORECASTED Amount:"))
        })
        .and_then(amount);
    draft.label("budget", name);
    draft.label("alert_type", kind);
    // 80 %, 90 % and 100 % of one budget are three alerts.
    draft.label("alert_threshold", threshold.unwrap_or_default());
    for (annotation, line) in [
        ("budget_type", "Budget Type"),
        ("budgeted_amount", "Budgeted Amount"),
        ("threshold", "Alert Threshold"),
        ("actual_amount", "ACTUAL Amount"),
        ("forecasted_amount", "FORECASTED Amount"),
    ] {
        draft.annotation(annotation, field(text, line).unwrap_or_default());
    }
    if let Some(account) = text
        .lines()
        .find_map(|line| line.strip_prefix("AWS Account "))
    {
        draft.label("account", account);
    }
    if let (Some(actual), Some(limit)) = (actual, limit.filter(|limit| *limit > 0.0)) {
        let percent = (actual / limit * 1_000.0).round() / 10.0;
        draft.annotation("budget_used_percent", &percent.to_string());
    }
    draft.measurement = Some(Measurement {
        value: actual,
        threshold: threshold.and_then(amount),
        comparison: ">".into(),
        unit: "USD".into(),
        ..Measurement::default()
    });
    let amount_now = draft
        .get("actual_amount")
        .or(draft.get("forecasted_amount"));
    let title = match (amount_now, threshold) {
        (Some(now), Some(threshold)) => format!("Budget {name}: {kind} cost {now} is {threshold}"),
        _ => context
            .subject
            .map_or_else(|| format!("Budget {name}"), str::to_owned),
    };
    draft.title(title);
    draft.description(text);
    draft.console_url = Some("https://console.aws.amazon.com/billing/home#/budgets".to_owned());
    draft.finish()
}

/// CloudFormation's stack events: lines of `Name='value'`.
fn stack(text: &str, context: &Context<'_>) -> Alert {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix("='"))
            .map(|value| value.trim_end_matches('\''))
            .unwrap_or_default()
    };
    let state = field("ResourceStatus");
    let failed = state.ends_with("_FAILED") || state.contains("ROLLBACK");
    let status = match (failed, state.ends_with("_COMPLETE")) {
        (true, _) => Status::Firing,
        (false, true) => Status::Resolved,
        (false, false) => Status::Info,
    };
    let mut draft = start(
        "aws.cloudformation",
        "CloudFormation Stack Event",
        status,
        context,
    );
    draft.label("stack", field("StackName"));
    draft.label("logical_id", field("LogicalResourceId"));
    for (annotation, name) in [
        ("state", "ResourceStatus"),
        ("resource_type", "ResourceType"),
        ("physical_id", "PhysicalResourceId"),
        ("stack_id", "StackId"),
    ] {
        draft.annotation(annotation, field(name));
    }
    draft.description(field("ResourceStatusReason"));
    draft.title(format!(
        "CloudFormation {}: {} {state}",
        field("StackName"),
        field("LogicalResourceId")
    ));
    draft.finish()
}

/// AWS Backup. The state is an attribute of the message; the words say it, too.
fn backup(text: &str, context: &Context<'_>) -> Alert {
    let said = context.state.and_then(status_of_word);
    let status = said.unwrap_or_else(|| {
        if text.contains("failed") || text.contains("aborted") || text.contains("expired") {
            Status::Firing
        } else if text.contains("successfully") {
            Status::Resolved
        } else {
            Status::Info
        }
    });
    let mut draft = start("aws.backup", "AWS Backup Notification", status, context);
    // `Resource ARN : arn:… . BackupJob ID : …`: the parts end with a full stop and a space.
    let part = |name: &str| {
        let (_, after) = text.split_once(name)?;
        let value = after.trim_start_matches([' ', ':']);
        value
            .split(['\n', ' '])
            .next()
            .map(|v| v.trim_end_matches('.'))
    };
    let resource = text
        .rsplit_once("Resource ARN")
        .and_then(|(_, after)| after.trim_start_matches([' ', ':']).split(' ').next())
        .map(|arn| arn.trim_end_matches('.'));
    draft.label("resource", resource.unwrap_or_default());
    draft.label("job_kind", text.split(' ').nth(2).unwrap_or_default());
    draft.annotation("state", context.state.unwrap_or_default());
    let job = part("BackupJob ID")
        .or(part("Copy Job Id"))
        .or(part("Restore Job ID"));
    draft.annotation("job", job.unwrap_or_default());
    let sentence = text.split(". ").next().unwrap_or(text);
    draft.title(match resource {
        Some(arn) => format!("{sentence}: {}", aws::name_of_arn(arn)),
        None => sentence.to_owned(),
    });
    draft.description(text);
    draft.finish()
}

/// SNS asks whether a subscription is wanted: somebody has to follow the link.
pub(super) fn confirmation(kind: &str, url: &str, context: &Context<'_>) -> Alert {
    let mut draft = start("aws.sns", kind, Status::Info, context);
    let topic = context.topic_arn.unwrap_or_default();
    draft.label("topic", topic);
    let verb = if kind == "SubscriptionConfirmation" {
        "Confirm the subscription to"
    } else {
        "A subscription was cancelled:"
    };
    draft.title(format!("{verb} SNS topic {}", aws::name_of_arn(topic)));
    draft.annotation("subscribe_url", url);
    draft.console_url = Some(url.to_owned()).filter(|url| url.starts_with("https://"));
    draft.finish()
}

/// An event that cannot be read: people see its beginning and what is wrong.
pub(super) fn unreadable(text: &str, error: &str, context: &Context<'_>) -> Alert {
    let source = detail::source_of(context);
    let mut draft = start(source, "Unreadable message", Status::Info, context);
    draft.label("subject", context.subject.unwrap_or_default());
    // Two different broken messages are two alerts, a repeated one is the same.
    let whole = crate::labels::Fingerprint::of([("", text)]);
    draft.label("content", &whole.to_string());
    draft.title(format!("A message cannot be read: {}", one_line(text, 120)));
    draft.description(&cut(text, 1_500));
    draft.annotation("error", error);
    draft.annotation("bytes", &text.len().to_string());
    draft.finish()
}

/// A message with nothing in it.
pub(super) fn unknown(text: &str, context: &Context<'_>) -> Alert {
    let source = detail::source_of(context);
    let mut draft = start(source, "Empty message", Status::Info, context);
    draft.label("subject", context.subject.unwrap_or_default());
    draft.title(context.subject.map_or_else(
        || "A message without content arrived".to_owned(),
        |subject| format!("{subject}: a message without content"),
    ));
    draft.description(text);
    draft.finish()
}
