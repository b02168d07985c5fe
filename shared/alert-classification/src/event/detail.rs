//! EventBridge events and other JSON, read by the tables of `kind`; what no table knows is
//! read by the names that fields have everywhere.

use std::borrow::Cow;

use serde_json::Value;

use super::draft::{Draft, cut};
use super::{Context, aws, time};
use crate::alert::{Alert, Status};
use crate::kind::{self, Kind, MESSAGES, Test, status_of_word};

/// An EventBridge event. Security Hub puts many findings into one event: each is an alert.
pub(super) fn event(root: &Value, context: &Context<'_>, alerts: &mut Vec<Alert>) {
    let null = Value::Null;
    let detail = root.get("detail").unwrap_or(&null);
    let source = text_at(root, "source").unwrap_or_default();
    let name = text_at(root, "detail-type").unwrap_or_default();
    let at = text_at(root, "time")
        .and_then(|text| time::read(&text))
        .unwrap_or(context.at);
    let context = Context { at, ..*context };
    let findings = detail.get("findings").and_then(Value::as_array);
    if let Some(findings) = findings.filter(|findings| !findings.is_empty()) {
        for finding in findings {
            alerts.push(security_hub(root, finding, &name, &context));
        }
        return;
    }
    let known = kind::of_detail_type(&name);
    let source = if source.is_empty() {
        guess_source(&name)
    } else {
        &source
    };
    alerts.push(build(root, detail, source, &name, known, &context));
}

/// JSON that is no EventBridge event: a message that a service puts on SNS, or anything.
pub(super) fn json(value: &Value, context: &Context<'_>) -> Alert {
    let known = MESSAGES
        .iter()
        .find(|message| message.has.iter().all(|field| value.get(field).is_some()));
    match known {
        Some(message) => build(
            value,
            value,
            message.source,
            message.kind.name,
            Some(&message.kind),
            context,
        ),
        None => build(
            value,
            value,
            source_of(context),
            "JSON message",
            None,
            context,
        ),
    }
}

/// Who speaks when the message does not say: a topic, or nobody that is known.
pub(super) const fn source_of(context: &Context<'_>) -> &'static str {
    if context.topic_arn.is_some() {
        "aws.sns"
    } else {
        "unknown"
    }
}

/// GuardDuty's samples in the wild have a detail type and no source.
fn guess_source(detail_type: &str) -> &'static str {
    match detail_type {
        "GuardDuty Finding" => "aws.guardduty",
        "AWS Health Event" => "aws.health",
        "Macie Alert" | "Macie Finding" => "aws.macie",
        _ => "unknown",
    }
}

fn build(
    root: &Value,
    detail: &Value,
    source: &str,
    name: &str,
    known: Option<&Kind>,
    context: &Context<'_>,
) -> Alert {
    let look = Look { root, detail };
    let changed_at = known
        .and_then(|kind| look.text(kind.changed_at))
        .and_then(|text| time::read(&text))
        .unwrap_or(context.at);
    let status = status(&look, known, context);
    let mut draft = Draft::new(source, name, status, changed_at);
    let alertname = known.map_or("", |kind| kind.alertname);
    draft.label(
        "alertname",
        if alertname.is_empty() {
            name
        } else {
            alertname
        },
    );
    place(&mut draft, root, context);
    match known {
        Some(kind) => {
            for (label, path) in kind.labels {
                draft.label(label, &look.text(path).unwrap_or_default());
            }
            for (annotation, path) in kind.annotations {
                draft.annotation(annotation, &look.text(path).unwrap_or_default());
            }
            draft.description(&look.text(kind.description).unwrap_or_default());
            draft.title(look.title(kind.title));
            if !kind.link.is_empty() && look.knows_all(kind.link) {
                draft.console_url = Some(look.link(kind.link)).filter(|url| is_link(url));
            }
        }
        None => guess(&mut draft, &look, name, context),
    }
    if let Some(resource) = look.text("/resources.0") {
        draft.annotation("resource", &resource);
    }
    if !draft.has_title() {
        guess_title(&mut draft, &look, name, context);
    }
    if let Some(topic) = context.topic_arn {
        draft.annotation("topic", topic);
    }
    draft.finish()
}

fn is_link(url: &str) -> bool {
    url.starts_with("https://") && !url.contains(char::is_whitespace)
}

/// Account and region, from the event or the topic it came by.
fn place(draft: &mut Draft, root: &Value, context: &Context<'_>) {
    let topic = context.topic_arn.unwrap_or_default();
    let account = [
        "account",
        "accountId",
        "awsAccountId",
        "AWSAccountId",
        "AccountId",
    ]
    .iter()
    .find_map(|name| text_at(root, name));
    let account = account.as_deref().or_else(|| aws::account_of_arn(topic));
    draft.label("account", account.unwrap_or_default());
    let region = ["region", "awsRegion", "Region"]
        .iter()
        .find_map(|name| text_at(root, name));
    let region = region.as_deref().or_else(|| aws::region_of_arn(topic));
    draft.label("region", region.unwrap_or_default());
}

fn status(look: &Look<'_>, known: Option<&Kind>, context: &Context<'_>) -> Status {
    let Some(kind) = known else {
        let said = look
            .text(kind::STATE)
            .or_else(|| context.state.map(Cow::Borrowed));
        return said
            .and_then(|word| status_of_word(&word))
            .unwrap_or(Status::Info);
    };
    kind.tests
        .iter()
        .find_map(|test| match test {
            Test::Is(path, words, status) => {
                let text = look.text(path)?;
                words
                    .iter()
                    .any(|word| word.eq_ignore_ascii_case(text.trim()))
                    .then_some(*status)
            }
            Test::Words(path) => status_of_word(&look.text(path)?),
            Test::Ends(path, ends, status) => {
                let text = look.text(path)?;
                let text = text.trim();
                ends.iter()
                    .any(|end| text.ends_with(end))
                    .then_some(*status)
            }
            Test::AtLeast(path, least, status) => {
                let number: f64 = look.text(path)?.parse().ok()?;
                (number >= *least).then_some(*status)
            }
        })
        .unwrap_or(kind.otherwise)
}

/// What an unknown kind says about itself: names identify it, texts describe it.
fn guess(draft: &mut Draft, look: &Look<'_>, name: &str, context: &Context<'_>) {
    let Some(fields) = look.detail.as_object() else {
        draft.description(&short(look.detail).unwrap_or_default());
        return;
    };
    let ends_with = |field: &str, ends: &[&str]| {
        let field = field.to_ascii_lowercase();
        ends.iter().any(|end| field.ends_with(end))
    };
    // A name lasts from run to run, an id often does not: ids count only where no name is.
    // EventBridge's own fields are not about the thing.
    let own = ["id", "account", "version", "schema", "detail-type"];
    for ends in [&["name", "arn"][..], &["id"][..]] {
        let names = fields.iter().filter(|(field, value)| {
            ends_with(field, ends) && !own.contains(&field.as_str()) && value.is_string()
        });
        let mut found = false;
        for (field, value) in names.take(3) {
            draft.label(field, value.as_str().unwrap_or_default());
            found = true;
        }
        if found {
            break;
        }
    }
    if let Some(resource) = look.text("/resources.0") {
        draft.label("resource", &resource);
    }
    if let Some(subject) = context.subject
        && look.root == look.detail
    {
        draft.label("subject", subject);
    }
    draft.description(&look.text(kind::TEXT).unwrap_or_default());
    for (field, value) in fields.iter().take(30) {
        if let Some(text) = short(value)
            && !may_be_secret(field)
            && draft.get(field).is_none()
            && !own.contains(&field.as_str())
        {
            draft.annotation(field, &text);
        }
    }
    guess_title(draft, look, name, context);
}

/// Whether a field of an event that nobody knows may hold what must not leave by mail or chat:
/// credentials, card numbers, or whole requests with either in them.
fn may_be_secret(field: &str) -> bool {
    const NAMES: [&str; 12] = [
        "payload",
        "input",
        "password",
        "secret",
        "token",
        "authorization",
        "cookie",
        "header",
        "credential",
        "apikey",
        "card",
        "cvv",
    ];
    let field: String = field.chars().filter(char::is_ascii_alphanumeric).collect();
    let field = field.to_ascii_lowercase();
    NAMES.iter().any(|name| field.contains(name))
}

fn guess_title(draft: &mut Draft, look: &Look<'_>, name: &str, context: &Context<'_>) {
    let said = look
        .text("title|Title|subject|Subject|alertname|name|Name|summary|message|Message|msg|text");
    let state = look.text(kind::STATE).filter(|state| state.len() <= 40);
    let about = draft
        .get("resource")
        .map(aws::name_of_arn)
        .or(context.subject)
        .map(str::to_owned);
    let mut title = String::from(match context.subject.filter(|_| look.root == look.detail) {
        Some(subject) => subject,
        None => name,
    });
    if let Some(said) = said.filter(|said| *said != title) {
        title = format!("{title}: {}", cut(&said, 150));
    } else if let Some(about) = about.filter(|about| *about != title) {
        title = format!("{title}: {about}");
    } else if let Some(content) = gist(look.detail) {
        // Nothing has a name that says what it is: the content itself is better than nothing.
        title = format!("{title}: {}", cut(&content, 100));
    }
    if look.root != look.detail
        && let Some(source) = text_at(look.root, "source")
    {
        title = format!("{title} from {source}");
    }
    if let Some(state) = state.filter(|state| !title.contains(&**state)) {
        title = format!("{title} ({state})");
    }
    draft.title(title);
}

/// The first few plain fields, for a title: `foo Hello world!, bar 123`.
fn gist(detail: &Value) -> Option<String> {
    let fields = detail.as_object()?.iter();
    let plain = fields.filter(|(name, value)| {
        let is_scalar = !value.is_object() && !value.is_array();
        is_scalar && !name.starts_with('_') && !may_be_secret(name)
    });
    let texts: Vec<String> = plain
        .filter_map(|(name, value)| Some(format!("{name} {}", cut(&short(value)?, 40))))
        .take(3)
        .collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// One finding of Security Hub, in AWS's Security Finding Format.
fn security_hub(root: &Value, finding: &Value, name: &str, context: &Context<'_>) -> Alert {
    let look = Look {
        root,
        detail: finding,
    };
    let is =
        |path: &str, words: &[&str]| look.text(path).is_some_and(|text| words.contains(&&*text));
    let over = is("Compliance.Status", &["PASSED", "NOT_AVAILABLE"])
        || is("Workflow.Status", &["RESOLVED", "SUPPRESSED"])
        || is("RecordState", &["ARCHIVED"]);
    let status = if over {
        Status::Resolved
    } else {
        Status::Firing
    };
    let changed_at = look
        .text("UpdatedAt|LastObservedAt")
        .and_then(|text| time::read(&text))
        .unwrap_or(context.at);
    let mut draft = Draft::new("aws.securityhub", name, status, changed_at);
    draft.label("alertname", name);
    place(&mut draft, root, context);
    for (label, path) in [
        ("finding", "Id|metadata.uid|finding_info.uid"),
        ("generator", "GeneratorId|finding_info.analytic.uid"),
    ] {
        draft.label(label, &look.text(path).unwrap_or_default());
    }
    for (annotation, path) in [
        (
            "severity",
            "Severity.Label|FindingProviderFields.Severity.Label|severity",
        ),
        ("severity_score", "Severity.Normalized"),
        ("compliance", "Compliance.Status"),
        ("workflow", "Workflow.Status"),
        ("product", "ProductName|ProductArn"),
        ("resource", "Resources.0.Id"),
        ("resource_type", "Resources.0.Type"),
        ("types", "Types"),
        ("remediation", "Remediation.Recommendation.Text"),
        ("remediation_url", "Remediation.Recommendation.Url"),
        ("first_observed", "FirstObservedAt"),
        ("action", "/detail.actionName"),
    ] {
        draft.annotation(annotation, &look.text(path).unwrap_or_default());
    }
    draft.description(&look.text("Description").unwrap_or_default());
    draft.title(look.title("Security Hub: {Title|finding_info.title|Id}"));
    let url = look.text("SourceUrl|Remediation.Recommendation.Url");
    draft.console_url = url.map(Cow::into_owned).filter(|url| is_link(url));
    draft.finish()
}

/// Where paths are looked up.
struct Look<'a> {
    root: &'a Value,
    detail: &'a Value,
}

impl<'a> Look<'a> {
    /// The text at the first alternative that is there and not empty.
    fn text(&self, paths: &str) -> Option<Cow<'a, str>> {
        paths.split('|').find_map(|path| {
            let (mut value, path) = match path.strip_prefix('/') {
                Some(path) => (self.root, path),
                None => (self.detail, path),
            };
            if path.is_empty() {
                return None;
            }
            for part in path.split('.') {
                value = match value {
                    Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                    Value::Object(map) => map.get(part)?,
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                        return None;
                    }
                };
            }
            short(value).filter(|text| !text.trim().is_empty())
        })
    }

    /// A title's template with its paths filled in; an ARN is shown by its name.
    fn title(&self, template: &str) -> String {
        let filled = self.fill(template, |filled, text| {
            filled.push_str(if text.starts_with("arn:") {
                aws::name_of_arn(text)
            } else {
                text
            });
        });
        // What was missing leaves its brackets and separators behind.
        let filled = filled.replace(" ()", "").replace("()", "");
        let kept = filled.trim().trim_end_matches([':', ',']);
        kept.trim_end().to_owned()
    }

    /// A link's template with its paths filled in, percent-encoded but for an address that
    /// the event itself gives whole.
    fn link(&self, template: &str) -> String {
        self.fill(template, |filled, text| {
            if filled.is_empty() {
                filled.push_str(text);
            } else {
                aws::percent_encode(filled, text.trim());
            }
        })
    }

    fn fill(&self, template: &str, append: impl Fn(&mut String, &str)) -> String {
        let mut filled = String::with_capacity(template.len() * 2);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((path, tail)) = after.split_once('}') else {
                break;
            };
            append(&mut filled, &self.text(path).unwrap_or_default());
            rest = tail;
        }
        filled.push_str(rest);
        filled
    }

    fn knows_all(&self, template: &str) -> bool {
        template
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .all(|(path, _)| self.text(path).is_some())
    }
}

/// A value as a short text: scalars as they are, lists of scalars joined, maps as JSON.
fn short(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
        Value::Array(items) => {
            let texts: Vec<_> = items
                .iter()
                .take(10)
                .filter_map(|item| match item {
                    Value::Array(_) | Value::Object(_) => {
                        Some(Cow::Owned(cut(&item.to_string(), 200).into_owned()))
                    }
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                        short(item)
                    }
                })
                .collect();
            let more = items.len().saturating_sub(10);
            let mut joined = texts.join(", ");
            if more > 0 {
                joined = format!("{joined} and {more} more");
            }
            Some(Cow::Owned(joined))
        }
        Value::Object(map) if map.is_empty() => None,
        Value::Object(_) => Some(Cow::Owned(cut(&value.to_string(), 1_000).into_owned())),
    }
}

fn text_at<'a>(value: &'a Value, field: &str) -> Option<Cow<'a, str>> {
    short(value.get(field)?).filter(|text| !text.is_empty())
}
