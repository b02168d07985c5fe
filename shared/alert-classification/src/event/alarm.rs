//! CloudWatch alarms, as SNS, EventBridge and a direct Lambda action write them: single
//! metric, metric math, anomaly detection and composite.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Context;
use super::aws;
use super::draft::{Draft, one_line};
use super::scalar::{Map, Number, Pairs, Text};
use super::time;
use crate::alert::{Alert, Measurement, Status};

/// The name of the kind, whichever way the alarm came.
pub(crate) const KIND: &str = "CloudWatch Alarm State Change";
const SOURCE: &str = "aws.cloudwatch";

/// An alarm is itself by account, region and name: the same by SNS, EventBridge and Lambda,
/// and the same after its metric was redefined.
const IDENTITY: &[&str] = &["account", "alertname", "region"];

/// What the three forms have in common.
#[derive(Default)]
struct Alarm<'a> {
    name: &'a str,
    arn: &'a str,
    account: &'a str,
    region: Option<Cow<'a, str>>,
    description: &'a str,
    state: &'a str,
    reason: &'a str,
    changed: &'a str,
    previous_state: &'a str,
    previous_changed: &'a str,
    previous_reason_data: &'a str,
    reason_data: &'a str,
    suppressed_by: &'a str,
    rule: &'a str,
    trigger: Cow<'a, Trigger<'a>>,
}

/// The condition as SNS writes it. EventBridge's is brought into the same form.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Trigger<'a> {
    #[serde(borrow)]
    metric_name: Text<'a>,
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    statistic: Text<'a>,
    #[serde(borrow)]
    extended_statistic: Text<'a>,
    #[serde(borrow)]
    unit: Text<'a>,
    #[serde(borrow)]
    dimensions: Pairs<'a>,
    period: Number,
    evaluation_periods: Number,
    #[serde(borrow)]
    comparison_operator: Text<'a>,
    threshold: Number,
    #[serde(borrow)]
    threshold_metric_id: Text<'a>,
    #[serde(borrow)]
    metrics: Option<&'a RawValue>,
}

/// One metric of an alarm on several; SNS capitalises the names, EventBridge does not.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metric<'a> {
    #[serde(borrow, alias = "Id")]
    id: Text<'a>,
    #[serde(borrow, alias = "Expression")]
    expression: Text<'a>,
    #[serde(borrow, alias = "Label")]
    label: Text<'a>,
    #[serde(borrow, alias = "ReturnData", rename = "returnData")]
    returned: Text<'a>,
    #[serde(borrow, alias = "MetricStat", rename = "metricStat")]
    stat: Map<MetricStat<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetricStat<'a> {
    #[serde(borrow, alias = "Metric")]
    metric: Map<MetricName<'a>>,
    #[serde(alias = "Period")]
    period: Number,
    #[serde(borrow, alias = "Stat")]
    stat: Text<'a>,
    #[serde(borrow, alias = "Unit")]
    unit: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetricName<'a> {
    #[serde(borrow, alias = "Namespace")]
    namespace: Text<'a>,
    #[serde(borrow, alias = "MetricName")]
    name: Text<'a>,
    #[serde(borrow, alias = "Dimensions")]
    dimensions: Pairs<'a>,
}

/// What `alarmData` (Lambda) and `detail` (EventBridge) hold.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AlarmData<'a> {
    #[serde(borrow)]
    alarm_name: Text<'a>,
    #[serde(borrow)]
    state: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_state: Option<&'a RawValue>,
    #[serde(borrow)]
    configuration: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct State<'a> {
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    reason_data: Text<'a>,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow)]
    actions_suppressed_by: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Configuration<'a> {
    #[serde(borrow)]
    description: Text<'a>,
    #[serde(borrow)]
    metrics: Option<&'a RawValue>,
    #[serde(borrow)]
    alarm_rule: Text<'a>,
    threshold: Number,
    evaluation_periods: Number,
    #[serde(borrow)]
    comparison_operator: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReasonData<'a> {
    threshold: Number,
    period: Number,
    #[serde(borrow)]
    unit: Text<'a>,
    recent_datapoints: Vec<Number>,
}

/// What an SNS message has at its top level.
pub(crate) struct SnsAlarm<'a> {
    pub(crate) name: &'a Text<'a>,
    pub(crate) arn: &'a Text<'a>,
    pub(crate) description: &'a Text<'a>,
    pub(crate) account: &'a Text<'a>,
    pub(crate) region: &'a Text<'a>,
    pub(crate) state: &'a Text<'a>,
    pub(crate) reason: &'a Text<'a>,
    pub(crate) changed: &'a Text<'a>,
    pub(crate) previous_state: &'a Text<'a>,
    pub(crate) rule: &'a Text<'a>,
    pub(crate) trigger: &'a Trigger<'a>,
}

/// An alarm as SNS carries it.
pub(crate) fn from_sns(alarm: &SnsAlarm<'_>, context: &Context<'_>) -> Alert {
    let region = aws::region_of_arn(alarm.arn.as_str())
        .or_else(|| aws::region_of_display_name(alarm.region.as_str()))
        .or_else(|| aws::region_of_arn(context.topic_arn.unwrap_or_default()))
        .or(alarm.region.get());
    build(
        &Alarm {
            name: alarm.name.as_str(),
            arn: alarm.arn.as_str(),
            account: alarm.account.as_str(),
            region: region.map(Cow::Borrowed),
            description: alarm.description.as_str(),
            state: alarm.state.as_str(),
            reason: alarm.reason.as_str(),
            changed: alarm.changed.as_str(),
            previous_state: alarm.previous_state.as_str(),
            rule: alarm.rule.as_str(),
            trigger: Cow::Borrowed(alarm.trigger),
            ..Alarm::default()
        },
        context,
    )
}

/// An alarm as EventBridge (`detail`) and Lambda (`alarmData`) carry it.
pub(crate) fn from_event(
    data: &RawValue,
    arn: &str,
    account: &str,
    region: &str,
    context: &Context<'_>,
) -> Option<Alert> {
    let data: AlarmData<'_> = serde_json::from_str(data.get()).ok()?;
    let state: State<'_> = parse(data.state);
    let previous: State<'_> = parse(data.previous_state);
    let configuration: Configuration<'_> = parse(data.configuration);
    if data.alarm_name.get().is_none() || state.value.get().is_none() {
        return None;
    }
    let trigger = Trigger {
        metrics: configuration.metrics,
        threshold: configuration.threshold,
        evaluation_periods: configuration.evaluation_periods,
        comparison_operator: configuration.comparison_operator.clone(),
        ..Trigger::default()
    };
    let arn = squeeze(arn);
    let region = aws::region_of_arn(&arn).unwrap_or(region).to_owned();
    Some(build(
        &Alarm {
            name: data.alarm_name.as_str(),
            arn: &arn,
            account,
            region: Some(Cow::Owned(region)),
            description: configuration.description.as_str(),
            state: state.value.as_str(),
            reason: state.reason.as_str(),
            reason_data: state.reason_data.as_str(),
            changed: state.timestamp.as_str(),
            suppressed_by: state.actions_suppressed_by.as_str(),
            previous_state: previous.value.as_str(),
            previous_changed: previous.timestamp.as_str(),
            previous_reason_data: previous.reason_data.as_str(),
            rule: configuration.alarm_rule.as_str(),
            trigger: Cow::Owned(trigger),
        },
        context,
    ))
}

fn parse<'a, T: Deserialize<'a> + Default>(raw: Option<&'a RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// AWS's own samples have a space after each colon of an ARN.
fn squeeze(arn: &str) -> Cow<'_, str> {
    if arn.contains(": ") {
        Cow::Owned(arn.replace(": ", ":"))
    } else {
        Cow::Borrowed(arn)
    }
}

fn build(alarm: &Alarm<'_>, context: &Context<'_>) -> Alert {
    let status = match alarm.state {
        "ALARM" => Status::Firing,
        "OK" => Status::Resolved,
        // INSUFFICIENT_DATA neither begins nor ends a problem: nobody knows.
        _ => Status::Info,
    };
    let changed_at = time::read(alarm.changed).unwrap_or(context.at);
    let mut draft = Draft::new(SOURCE, KIND, status, changed_at);
    draft.identity(IDENTITY);
    draft.fired_anew = alarm.previous_state == "OK";
    draft.lifetime_minutes = None;
    draft.label("alertname", alarm.name);
    let account = Some(alarm.account)
        .filter(|account| !account.is_empty())
        .or_else(|| aws::account_of_arn(alarm.arn));
    draft.label("account", account.unwrap_or_default());
    let region = alarm.region.as_deref().unwrap_or_default();
    draft.label("region", region);
    draft.description(alarm.description);
    draft.annotation("reason", alarm.reason);
    draft.annotation("state", alarm.state);
    draft.annotation("previous_state", alarm.previous_state);
    draft.annotation("actions_suppressed_by", alarm.suppressed_by);
    draft.annotation("alarm_rule", alarm.rule);
    // Documentation writes `EXAMPLE` or `REGION`; a link to there leads nowhere.
    if region.contains('-') {
        draft.console_url = Some(aws::alarm_console(region, alarm.name));
    }
    if alarm.rule.is_empty() {
        measure(&mut draft, alarm, status);
    }
    if status == Status::Resolved {
        draft.starts_at =
            time::read(alarm.previous_changed).filter(|_| alarm.previous_state == "ALARM");
    }
    title(&mut draft, alarm, status);
    draft.finish()
}

/// What was measured: labels for namespace, metric and dimensions, and the numbers.
fn measure(draft: &mut Draft, alarm: &Alarm<'_>, status: Status) {
    let trigger: &Trigger<'_> = &alarm.trigger;
    let mut metric = trigger.metric_name.as_str();
    let mut label = Text::default();
    let mut unit = trigger.unit.as_str();
    let mut period = trigger.period;
    let mut statistic = trigger.statistic.get().or(trigger.extended_statistic.get());
    let metrics: Vec<Metric<'_>> = parse(trigger.metrics);
    draft.label("namespace", trigger.namespace.as_str());
    label_dimensions(draft, &trigger.dimensions);
    let mut band = trigger.threshold_metric_id.get().is_some();
    for part in &metrics {
        let Map(stat) = &part.stat;
        let Map(name) = &stat.metric;
        let expression = part.expression.as_str();
        band |= expression.contains("ANOMALY_DETECTION_BAND");
        // The expression whose value is compared is what people know the alarm by.
        if part.returned.as_str() != "false" && !expression.contains("ANOMALY_DETECTION_BAND") {
            label = part.label.clone();
            draft.annotation("expression", expression);
        }
        if metric.is_empty() || (name.name.is_there() && part.returned.as_str() == "true") {
            metric = name.name.get().unwrap_or(metric);
        }
        if draft.get("namespace").is_none() {
            draft.label("namespace", name.namespace.as_str());
        }
        label_dimensions(draft, &name.dimensions);
        if unit.is_empty() {
            unit = stat.unit.as_str();
        }
        if period.0.is_none() {
            period = stat.period;
        }
        statistic = statistic.or(stat.stat.get());
    }
    draft.label("metric", metric);
    draft.annotation("metric_label", label.as_str());
    draft.annotation("statistic", statistic.unwrap_or_default());

    let now: ReasonData<'_> = serde_json::from_str(alarm.reason_data).unwrap_or_default();
    let before: ReasonData<'_> =
        serde_json::from_str(alarm.previous_reason_data).unwrap_or_default();
    let threshold = trigger
        .threshold
        .0
        .or(now.threshold.0)
        .or(before.threshold.0)
        .or_else(|| threshold_in(alarm.reason));
    let comparison = comparison(
        trigger.comparison_operator.as_str(),
        alarm.reason,
        status,
        band,
    );
    let mut points: Vec<f64> = now.recent_datapoints.iter().filter_map(|n| n.0).collect();
    // The newest comes last in the data and first in the words.
    points.reverse();
    if points.is_empty() {
        points = datapoints_in(alarm.reason);
    }
    let breaches = |point: &&f64| match (comparison, threshold) {
        (">", Some(limit)) => **point > limit,
        (">=", Some(limit)) => **point >= limit,
        ("<", Some(limit)) => **point < limit,
        ("<=", Some(limit)) => **point <= limit,
        _ => true,
    };
    let crossed = points
        .iter()
        .find(breaches)
        .filter(|_| status == Status::Firing);
    let value = crossed.or(points.first()).copied();
    if period.0.is_none() {
        period = if now.period.0.is_some() {
            now.period
        } else {
            before.period
        };
    }
    if unit.is_empty() {
        unit = now.unit.get().or(before.unit.get()).unwrap_or_default();
    }
    let period_seconds = period.as_u32();
    let periods = trigger.evaluation_periods.as_u32();
    let measurement = Measurement {
        value,
        threshold,
        comparison: comparison.into(),
        unit: if unit == "None" { "" } else { unit }.into(),
        period_seconds,
        window_seconds: period_seconds
            .zip(periods)
            .map(|(period, periods)| period.saturating_mul(periods)),
    };
    if measurement != Measurement::default() {
        draft.measurement = Some(measurement);
    }
}

/// Dimensions as labels; the first metric that has a dimension names it.
fn label_dimensions(draft: &mut Draft, dimensions: &Pairs<'_>) {
    for (name, value) in &dimensions.0 {
        if draft.get(name).is_none() {
            draft.label(name, value);
        }
    }
}

/// The sign of the comparison that makes the alarm fire.
fn comparison(operator: &str, reason: &str, status: Status, band: bool) -> &'static str {
    let stated = match operator {
        "GreaterThanThreshold" => ">",
        "GreaterThanOrEqualToThreshold" => ">=",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "<=",
        "GreaterThanUpperThreshold" => "above the band",
        "LessThanLowerThreshold" => "below the band",
        "LessThanLowerOrGreaterThanUpperThreshold" => "outside",
        _ => "",
    };
    if !stated.is_empty() {
        return stated;
    }
    if band {
        return "outside";
    }
    // EventBridge leaves the operator out, but the reason says it: `was greater than the
    // threshold`, and for a resolve `was not greater than the threshold`.
    let negated = reason.contains("not greater") || reason.contains("not less");
    if status == Status::Resolved && !negated {
        return "";
    }
    if reason.contains("greater than or equal to") {
        ">="
    } else if reason.contains("greater than") {
        ">"
    } else if reason.contains("less than or equal to") {
        "<="
    } else if reason.contains("less than") {
        "<"
    } else {
        ""
    }
}

/// The numbers of `… datapoints [6.0 (25/09/22 18:49:00), 5.5 (…)] was greater …`, and of the
/// older `1 datapoint (10.0) was greater …`.
fn datapoints_in(reason: &str) -> Vec<f64> {
    let Some((_, after)) = reason.split_once("datapoint") else {
        return datapoint_before_operator(reason).into_iter().collect();
    };
    let after = after.trim_start_matches('s').trim_start();
    if let Some(list) = after.strip_prefix('[') {
        let list = list.split_once(']').map_or(list, |(list, _)| list);
        return list
            .split(", ")
            .filter_map(|point| point.split(" (").next()?.trim().parse().ok())
            .filter(|number: &f64| number.is_finite())
            .collect();
    }
    let one = after
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    one.and_then(|(number, _)| number.parse().ok())
        .filter(|number: &f64| number.is_finite())
        .into_iter()
        .collect()
}

/// The number of `Threshold Crossed: Average 12.4 GreaterThanThreshold 5.0`, as local AWS endpoints write it.
fn datapoint_before_operator(reason: &str) -> Option<f64> {
    let words: Vec<&str> = reason.split(' ').take(8).collect();
    let is_operator =
        |word: &&str| word.ends_with("ThanThreshold") || word.ends_with("ToThreshold");
    let operator = words.iter().position(is_operator)?;
    let number = words.get(operator.checked_sub(1)?)?.parse().ok();
    number.filter(|number: &f64| number.is_finite())
}

/// The number of `… the threshold (5.0)`.
fn threshold_in(reason: &str) -> Option<f64> {
    let (_, after) = reason.split_once("threshold (")?;
    let (number, _) = after.split_once(')')?;
    number
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

fn title(draft: &mut Draft, alarm: &Alarm<'_>, status: Status) {
    let mut title = String::with_capacity(96);
    title.push_str(alarm.name);
    match status {
        Status::Firing => {
            let what = draft.get("metric_label").or(draft.get("metric"));
            if let Some(what) = what {
                title.push_str(": ");
                title.push_str(what);
                if let Some(measured) = &draft.measurement {
                    write_measured(&mut title, measured);
                }
            } else if !alarm.rule.is_empty() {
                title.push_str(": ");
                title.push_str(&one_line(&children(alarm), 120));
            } else {
                title.push_str(" is in alarm");
            }
        }
        Status::Resolved => title.push_str(" is OK again"),
        Status::Info => title.push_str(" has too little data to tell"),
    }
    draft.title(title);
}

/// The alarms that made a composite alarm change, by name; else its rule.
fn children(alarm: &Alarm<'_>) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Triggering<'a> {
        #[serde(borrow)]
        triggering_alarms: Vec<Child<'a>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Child<'a> {
        #[serde(borrow)]
        arn: Text<'a>,
    }
    let data: Triggering<'_> = serde_json::from_str(alarm.reason_data).unwrap_or_default();
    let arns = data
        .triggering_alarms
        .iter()
        .map(|child| child.arn.as_str());
    let names: Vec<&str> = arns.filter_map(|arn| arn.split(":alarm:").nth(1)).collect();
    if names.is_empty() {
        alarm.rule.to_owned()
    } else {
        names.join(", ") + " in alarm"
    }
}

fn write_measured(title: &mut String, measured: &Measurement) {
    if let Some(value) = measured.value {
        let _ = write!(title, " {}", Rounded(value));
    }
    if !measured.comparison.is_empty() {
        let _ = match measured.threshold {
            Some(threshold) => write!(title, " {} {}", measured.comparison, Rounded(threshold)),
            None => write!(title, " {}", measured.comparison),
        };
    }
}

/// A number for people: at most three decimals.
pub(crate) struct Rounded(pub(crate) f64);

impl std::fmt::Display for Rounded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.abs() >= 0.001 || self.0 == 0.0 {
            write!(f, "{}", (self.0 * 1_000.0).round() / 1_000.0)
        } else {
            write!(f, "{:e}", self.0)
        }
    }
}
