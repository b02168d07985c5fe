//! No notification exceeds a channel's limits, whoever wrote its texts.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use alert_classification::Measurement;
use incident::{IncidentId, IncidentStatus, Notification, NotificationEvent, StepRef};
use notification::links::Links;
use notification::slack::{Block, Message, Text, limits};
use notification::{email, pagerduty, slack, sms, webhook};
use proptest::prelude::*;
use settings::Priority;

fn chars(text: &Text, most: usize) {
    let count = text.text().chars().count();
    assert!(count > 0, "Slack refuses an empty text");
    assert!(count <= most, "{count} characters where {most} are allowed");
    assert_inert(text);
}

/// Only our own marks are active: dates, and nothing that calls people or hides an address.
fn assert_inert(text: &Text) {
    let rest = match text {
        Text::PlainText { text, emoji } => {
            assert!(!emoji);
            assert!(!text.contains(['<', '>']), "{text}");
            return;
        }
        Text::Mrkdwn { text, verbatim } => {
            assert!(verbatim, "Slack would make links of bare addresses: {text}");
            text
        }
    };
    for piece in rest.split('<').skip(1) {
        let ours = ["!date^", "https://tocsin.example.com/i/"];
        assert!(ours.iter().any(|mark| piece.starts_with(mark)), "{rest}");
    }
}

fn assert_slack_limits(message: &Message) {
    assert!(message.text.chars().count() <= limits::TEXT);
    assert!(!message.text.contains(['<', '>']));
    let blocks: Vec<&Block> = message
        .blocks
        .iter()
        .chain(message.attachments.iter().flat_map(|a| &a.blocks))
        .collect();
    assert!(blocks.len() <= limits::BLOCKS);
    for block in blocks {
        match block {
            Block::Header { text } => chars(text, limits::HEADER),
            Block::Section { text, fields } => {
                assert!(text.is_some() || !fields.is_empty());
                text.iter().for_each(|text| chars(text, limits::SECTION));
                assert!(fields.len() <= limits::FIELDS);
                fields.iter().for_each(|field| chars(field, limits::FIELD));
            }
            Block::Context { elements } => {
                assert!((1..=limits::CONTEXT).contains(&elements.len()));
                elements
                    .iter()
                    .for_each(|element| chars(element, limits::SECTION));
            }
            Block::Actions { elements } => {
                assert!(!elements.is_empty());
                for button in elements {
                    chars(&button.text, limits::BUTTON);
                    assert_ne!(button.url.is_some(), button.value.is_some());
                    if let Some(url) = &button.url {
                        assert!(url.len() <= limits::URL && url.starts_with("http"));
                    }
                    if let Some(value) = &button.value {
                        assert!(value.len() <= limits::VALUE);
                        assert!(slack::read_action_value(value).is_some());
                    }
                    if let Some(confirm) = &button.confirm {
                        chars(&confirm.title, 100);
                        chars(&confirm.text, limits::CONFIRM_TEXT);
                        chars(&confirm.confirm, 30);
                        chars(&confirm.deny, 30);
                    }
                }
            }
            Block::Divider => {}
        }
    }
}

/// Every `<` of the HTML begins one of our own elements, and every link goes to the web.
fn assert_html_inert(html: &str) {
    const OURS: [&str; 20] = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td",
        "h1", "p", "b>", "span", "a ", "a>", "br>", "p>", "/",
    ];
    for piece in html.split('<').skip(1) {
        assert!(
            OURS.iter().any(|tag| piece.starts_with(tag)),
            "{}",
            &piece[..piece.len().min(40)]
        );
    }
    for link in html.split("href=\"").skip(1) {
        assert!(link.to_ascii_lowercase().starts_with("http"), "{link:.60}");
    }
}

fn assert_within_limits(notification: &Notification) {
    assert_within_limits_with(notification, None);
    assert_within_limits_with(notification, Some(&support::links(notification)));
}

fn assert_within_limits_with(notification: &Notification, links: Option<&Links>) {
    let email = email::render(notification, links);
    assert!(email.subject.chars().count() <= email::SUBJECT);
    assert!(!email.subject.contains(char::is_control));
    assert!(
        email.html.len() <= email::HTML_BYTES,
        "{} bytes",
        email.html.len()
    );
    assert!(email.text.len() <= email::TEXT_BYTES + 10_000);
    assert_html_inert(&email.html);
    for (name, value) in &email.headers {
        assert!(name.len() + value.len() <= 996);
        assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)));
    }

    let message = slack::render(notification, links);
    assert_slack_limits(&message);

    for (segments, most) in [(0, 160), (1, 160), (2, 306), (3, 459), (9, 459)] {
        let text = sms::render(notification, links, segments);
        assert!(sms::septets(&text) <= most, "{text}");
        assert_eq!(sms::to_gsm(&text), text);
        match text.split_once('\n') {
            // Behind it stands the whole link.
            Some((words, link)) => {
                assert!(sms::septets(words) <= sms::SEGMENT);
                let whole = &links
                    .unwrap()
                    .get(&notification.incident.id)
                    .unwrap()
                    .view_url;
                assert_eq!(link, whole);
            }
            None => assert!(
                sms::septets(&text) <= sms::SEGMENT,
                "only a link is worth a second one"
            ),
        }
    }

    if let pagerduty::Rendered::Event(event) = pagerduty::render(notification, links) {
        let body = event.body("R0UT1NGKEY").unwrap();
        assert!(body.len() < 512 * 1000);
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(body["dedup_key"].as_str().unwrap().len() <= 255);
        if body["event_action"] != "acknowledge" {
            let summary = body["payload"]["summary"].as_str().unwrap();
            assert!((1..=pagerduty::SUMMARY).contains(&summary.chars().count()));
        }
    }

    let body: serde_json::Value =
        serde_json::from_str(&webhook::body(notification, links).unwrap()).unwrap();
    let again: Notification = serde_json::from_value(body["notification"].clone()).unwrap();
    // JSON has no infinity, so a measurement that is none is lost on the way.
    assert_eq!(again.incident, notification.incident);
}

#[test]
fn every_sample_is_within_the_limits() {
    for (name, notification) in support::all() {
        println!("{name}");
        assert_within_limits(&notification);
    }
}

#[test]
fn a_hundred_large_alerts_are_shortened_and_counted() {
    let mut notification = support::long();
    let alert = notification.alerts[0].clone();
    notification.alerts = vec![alert; 100];
    assert_within_limits(&notification);
    let html = email::render(&notification, None).html;
    assert!(html.contains("more alerts not shown here"));
}

#[test]
fn text_is_shown_and_not_swallowed() {
    let html = email::render(&support::hostile(), None).html;
    assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
    assert!(html.contains("مدفوعات"));
}

#[test]
fn a_hostile_subject_injects_no_header() {
    let subject = email::render(&support::hostile(), None).subject;
    assert!(!subject.contains(['\r', '\n']), "{subject:?}");
    assert!(!subject.contains('\u{202e}'));
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,400}",
        "[<>&*_~`|\"'\n\r\t@!#{}\\[\\]^€é漢🔥\u{202e}\u{200d}]{0,300}",
        (1_usize..2000).prop_map(|n| "&".repeat(n)),
        (1_usize..800).prop_map(|n| "\n".repeat(n) + "x"),
        "https?://[ -~]{0,200}",
    ]
}

prop_compose! {
    fn notifications()(
        texts in prop::collection::vec(texts(), 12),
        numbers in prop::collection::vec(any::<f64>(), 2),
        event in prop::sample::select(vec![
            NotificationEvent::Opened, NotificationEvent::Updated,
            NotificationEvent::Resolved, NotificationEvent::Info, NotificationEvent::Escalated,
            NotificationEvent::Reminder, NotificationEvent::Flapping, NotificationEvent::Acknowledged, NotificationEvent::Unacknowledged,
        ]),
        others in 0_usize..=20,
        priority in prop::sample::select(Priority::ALL.to_vec()),
        copies in 0_usize..25,
        omitted: u32,
        minutes: u32,
        window: Option<u32>,
        at in any::<i64>(),
    ) -> Notification {
        let text = |n: usize| texts[n].clone();
        let mut alert = support::alert(&text(0), priority);
        alert.description = text(1);
        alert.reason = text(2);
        alert.rule = Some(text(3).into());
        alert.source = text(4).into();
        alert.kind = text(5).into();
        alert.labels.set(text(6), text(7));
        alert.annotations.set(text(7), text(6));
        alert.console_url = Some(text(8));
        alert.runbook = Some(text(9));
        alert.measurement = Some(Measurement {
            value: Some(numbers[0]),
            threshold: Some(numbers[1]),
            comparison: text(10).into(),
            unit: text(11).into(),
            period_seconds: window,
            window_seconds: window,
        });
        let mut notification = support::notification(event, vec![alert; copies]);
        notification.reason = text(10);
        notification.id = text(11).into();
        notification.incident.title = text(0);
        notification.incident.service = text(6).into();
        notification.incident.category = text(5).into();
        notification.incident.key = text(4).into();
        notification.incident.runbook = Some(text(8));
        notification.incident.response_minutes = minutes;
        notification.incident.priority = priority;
        notification.alerts_omitted = omitted;
        notification.receiver = text(3).into();
        notification.group_key = text(2).into();
        notification.group_labels.set(text(1), text(9));
        notification.step = Some(StepRef {
            escalation: text(7).into(),
            step: omitted,
            rotation: Some(text(8).into()),
        });
        for n in 0..others {
            let mut other = notification.incident.clone();
            other.id = IncidentId::of(&n.to_string(), other.opened_at, 1);
            other.title = text(n % 12);
            other.status = [IncidentStatus::Open, IncidentStatus::Resolved][n % 2];
            notification.incidents.push(other);
        }
        let span = jiff::Timestamp::MAX.as_second();
        notification.at = jiff::Timestamp::from_second(at % span).unwrap_or_default();
        notification
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_text_exceeds_a_limit_or_escapes(notification in notifications()) {
        assert_within_limits(&notification);
    }
}
