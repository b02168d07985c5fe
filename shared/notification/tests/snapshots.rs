//! What each channel is told about a dozen notifications.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test ends at the first surprise"
)]

mod support;

use incident::Notification;
use notification::links::Links;
use notification::{email, pagerduty, slack, sms, webhook};

fn settings(channel: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("snapshots/{channel}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// Some stacks have links and some have none: the later messages have them, `opened` has both.
fn links(name: &str, notification: &Notification) -> Option<Links> {
    let with = matches!(
        name,
        "linked"
            | "escalated"
            | "reminder"
            | "flapping"
            | "flapping_over"
            | "acknowledged"
            | "several"
    );
    with.then(|| support::links(notification))
}

#[test]
fn email_reads_well() {
    settings("email").bind(|| {
        for (name, notification) in support::all() {
            let email = email::render(&notification, links(name, &notification).as_ref());
            let headers: String = email
                .headers
                .iter()
                .map(|(n, v)| format!("{n}: {v}\n"))
                .collect();
            insta::assert_snapshot!(
                name,
                format!("Subject: {}\n{headers}\n{}", email.subject, email.text)
            );
        }
    });
}

#[test]
fn html_is_escaped_and_complete() {
    settings("email").bind(|| {
        for (name, notification) in support::all() {
            // The long ones are checked by their properties.
            if !matches!(name, "burst" | "long") {
                insta::assert_snapshot!(
                    format!("{name}.html"),
                    email::render(&notification, links(name, &notification).as_ref()).html
                );
            }
        }
    });
}

#[test]
fn slack_reads_well() {
    settings("slack").bind(|| {
        for (name, notification) in support::all() {
            insta::assert_json_snapshot!(
                name,
                slack::render(&notification, links(name, &notification).as_ref())
            );
        }
    });
}

#[test]
fn sms_says_what_matters() {
    let lines: Vec<String> = support::all()
        .iter()
        .map(|(name, notification)| {
            let text = sms::render(notification, None, 1);
            format!("{name:<10} {:>3} {text}", sms::septets(&text))
        })
        .collect();
    settings("sms").bind(|| insta::assert_snapshot!("all", lines.join("\n")));
}

#[test]
fn pagerduty_opens_and_resolves() {
    settings("pagerduty").bind(|| {
        for (name, notification) in support::all() {
            match pagerduty::render(&notification, links(name, &notification).as_ref()) {
                pagerduty::Rendered::Event(event) => {
                    let body = event.body("R0UT1NGKEY").unwrap();
                    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
                    insta::assert_json_snapshot!(name, body);
                }
                pagerduty::Rendered::Suppressed(reason) => insta::assert_snapshot!(name, reason),
            }
        }
    });
}

#[test]
fn a_link_in_a_text_message_stands_whole_behind_it_or_not_at_all() {
    let mut lines = Vec::new();
    for name in ["opened", "escalated", "several", "long"] {
        let (_, notification) = support::all()
            .into_iter()
            .find(|(n, _)| *n == name)
            .unwrap();
        let links = support::links(&notification);
        for segments in 1..=sms::MOST_SEGMENTS {
            let text = sms::render(&notification, Some(&links), segments);
            lines.push(format!(
                "{name} {segments} {:>3} {text}",
                sms::septets(&text)
            ));
        }
    }
    settings("sms").bind(|| insta::assert_snapshot!("linked", lines.join("\n")));
}

#[test]
fn webhook_documents_are_complete() {
    settings("webhook").bind(|| {
        for (name, notification) in support::all() {
            if matches!(
                name,
                "opened" | "resolved" | "info" | "hostile" | "escalated" | "several"
            ) {
                let body: serde_json::Value = serde_json::from_str(
                    &webhook::body(&notification, links(name, &notification).as_ref()).unwrap(),
                )
                .unwrap();
                insta::assert_json_snapshot!(name, body);
            }
        }
    });
}
