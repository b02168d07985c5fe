//! The environment: read once, with all faults reported together.

mod links;

use std::fmt::Display;
use std::ops::RangeInclusive;

use jiff::SignedDuration;
use lambda_support::env::{Environment, Faults, Noted, Reader};
use notification::sms::MOST_SEGMENTS;
use settings::Channel;

use crate::secret::Endpoint;

pub use links::LinkSettings;

/// Each gets a message of their own, so more would take minutes; that is what groups are for.
const RECIPIENTS: usize = 50;
/// Most troubles of Slack, of a mail service or of our own rights are over within two hours; who has
/// heard nothing by then must be told that the channel is broken.
const AGE_SECONDS: i64 = 2 * 3600;
/// Far below the four days that the queue keeps a message.
const LONGEST_AGE_SECONDS: i64 = 24 * 3600;
/// The queue's own redrive loses the reason, and SQS lets it come after 1000 receptions at the latest.
const MOST_ATTEMPTS: u32 = 900;
/// A link does not fit into one segment with the words, and is worth a second one.
const SEGMENTS: u8 = 2;
const SLACK_API: &str = "https://slack.com/api";
const PAGERDUTY_EVENTS: &str = "https://events.pagerduty.com/v2/enqueue";

/// What this process sends, from where, and to whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The table with the deliveries.
    pub table: String,
    /// The channel's queue.
    pub queue_url: String,
    /// Where messages go that were given up.
    pub dead_letter_queue_url: String,
    /// What may pass is waited for until the message is so old.
    pub max_age: SignedDuration,
    /// A message that was received so often is given up earlier.
    pub max_attempts: Option<u32>,
    /// The channel, with what it needs.
    pub target: Target,
    /// What links need, if messages have any.
    pub links: Option<LinkSettings>,
}

/// A channel, with what it needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// E-mail.
    Email {
        /// The sender's address.
        from: String,
        /// The recipients' addresses.
        to: Vec<String>,
    },
    /// Text messages.
    Sms {
        /// Numbers in E.164.
        to: Vec<String>,
        /// How many segments a message with a link may have.
        segments: u8,
    },
    /// Slack.
    Slack {
        /// The secret.
        secret_arn: String,
        /// The Web API, unless the secret says otherwise.
        api: Endpoint,
    },
    /// PagerDuty.
    PagerDuty {
        /// The secret.
        secret_arn: String,
        /// Where events go, unless the secret says otherwise.
        events: Endpoint,
    },
    /// The user's own endpoint.
    Webhook {
        /// The secret.
        secret_arn: String,
    },
}

impl Target {
    /// The channel's name.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Email { .. } => Channel::Email,
            Self::Sms { .. } => Channel::Sms,
            Self::Slack { .. } => Channel::Slack,
            Self::PagerDuty { .. } => Channel::Pagerduty,
            Self::Webhook { .. } => Channel::Webhook,
        }
    }
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// With every fault there is.
    pub fn read(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let table = reader.required("TABLE_NAME", "the name of the table");
        let queue_url = reader.required("QUEUE_URL", "the address of the channel's queue");
        let dead_letter_queue_url = reader.required(
            "DEAD_LETTER_QUEUE_URL",
            "the address of the channel's dead-letter queue",
        );
        let max_age = reader
            .parsed_or("MAX_AGE_SECONDS", "a number of seconds", AGE_SECONDS)
            .and_then(|seconds| {
                let allowed = 1..=LONGEST_AGE_SECONDS;
                in_range(&mut reader, "MAX_AGE_SECONDS", "seconds", seconds, allowed)
            })
            .map(SignedDuration::from_secs);
        let max_attempts = reader
            .optional("MAX_ATTEMPTS")
            .map(|_| {
                let attempts = reader.parsed("MAX_ATTEMPTS", "a number of attempts")?;
                let allowed = 1..=MOST_ATTEMPTS;
                in_range(&mut reader, "MAX_ATTEMPTS", "attempts", attempts, allowed)
            })
            .transpose();
        let target = reader
            .parsed("CHANNEL", "email, slack, sms, pagerduty or webhook")
            .and_then(|channel| target(&mut reader, channel));
        let links = links::read(&mut reader);
        reader.finish(|| {
            Ok(Self {
                table: table?,
                queue_url: queue_url?,
                dead_letter_queue_url: dead_letter_queue_url?,
                max_age: max_age?,
                max_attempts: max_attempts?,
                target: target?,
                links: links?,
            })
        })
    }
}

fn in_range<N: Display + PartialOrd>(
    reader: &mut Reader<'_>,
    name: &'static str,
    unit: &str,
    value: N,
    allowed: RangeInclusive<N>,
) -> Result<N, Noted> {
    if allowed.contains(&value) {
        return Ok(value);
    }
    let (least, most) = allowed.into_inner();
    let remedy = format!("set it to a number of {unit} from {least} to {most}");
    Err(reader.fault(name, format!("is {value}"), remedy))
}

fn target(reader: &mut Reader<'_>, channel: Channel) -> Result<Target, Noted> {
    match channel {
        Channel::Email => {
            let from = reader.required("EMAIL_FROM", "an address that SES has verified");
            let to = reader.list("EMAIL_TO", "e-mail addresses, separated by commas");
            let to = to.and_then(|to| recipients(reader, "EMAIL_TO", to, is_address));
            Ok(Target::Email {
                from: from?,
                to: to?,
            })
        }
        Channel::Sms => {
            let to = reader.list(
                "SMS_TO",
                "phone numbers like +4915112345678, separated by commas",
            )?;
            let to = recipients(reader, "SMS_TO", to, is_number);
            let segments = reader
                .parsed_or("SMS_SEGMENTS", "a number of segments", SEGMENTS)
                .and_then(|n| in_range(reader, "SMS_SEGMENTS", "segments", n, 1..=MOST_SEGMENTS));
            Ok(Target::Sms {
                to: to?,
                segments: segments?,
            })
        }
        Channel::Slack => {
            let secret_arn = secret_arn(reader);
            let api = endpoint(reader, "SLACK_API_URL", SLACK_API);
            Ok(Target::Slack {
                secret_arn: secret_arn?,
                api: api?,
            })
        }
        Channel::Pagerduty => {
            let secret_arn = secret_arn(reader);
            let events = endpoint(reader, "PAGERDUTY_EVENTS_URL", PAGERDUTY_EVENTS);
            Ok(Target::PagerDuty {
                secret_arn: secret_arn?,
                events: events?,
            })
        }
        Channel::Webhook => Ok(Target::Webhook {
            secret_arn: secret_arn(reader)?,
        }),
    }
}

fn secret_arn(reader: &mut Reader<'_>) -> Result<String, Noted> {
    reader.required("SECRET_ARN", "the channel's secret in Secrets Manager")
}

fn endpoint(reader: &mut Reader<'_>, name: &'static str, default: &str) -> Result<Endpoint, Noted> {
    let text = reader.optional(name).unwrap_or_else(|| default.to_owned());
    Endpoint::try_new(name, &text).map_err(|_| {
        let remedy =
            "set it to an https address without user name (http only to this very machine)";
        reader.fault(name, "cannot be used".to_owned(), remedy.to_owned())
    })
}

fn recipients(
    reader: &mut Reader<'_>,
    name: &'static str,
    to: Vec<String>,
    is_right: fn(&str) -> bool,
) -> Result<Vec<String>, Noted> {
    let mut noted = None;
    for (position, wrong) in to.iter().enumerate().filter(|(_, to)| !is_right(to)) {
        let shown: String = wrong.chars().take(80).collect();
        let problem = format!(
            "has `{shown}` in place {}, which is no recipient",
            position + 1
        );
        let remedy =
            "write addresses like oncall@example.com, numbers like +4915112345678".to_owned();
        noted = Some(reader.fault(name, problem, remedy));
    }
    if to.len() > RECIPIENTS {
        let problem = format!("has {} recipients", to.len());
        let remedy = format!("name at most {RECIPIENTS}, or the address of a group");
        noted = Some(reader.fault(name, problem, remedy));
    }
    noted.map_or(Ok(to), Err)
}

fn is_address(text: &str) -> bool {
    let clean = text.bytes().all(|b| b.is_ascii_graphic());
    clean
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use lambda_support::env::MapEnvironment;
    use test_case::test_case;

    use super::*;

    fn read(more: &[(&str, &str)]) -> Result<Settings, Faults> {
        let common = [
            ("TABLE_NAME", "tocsin"),
            ("QUEUE_URL", "https://sqs.example/q"),
            ("DEAD_LETTER_QUEUE_URL", "https://sqs.example/dlq"),
        ];
        Settings::read(
            &common
                .iter()
                .chain(more)
                .copied()
                .collect::<MapEnvironment>(),
        )
    }

    #[test_case(&[("CHANNEL", "email"), ("EMAIL_FROM", "a@example.com"), ("EMAIL_TO", "b@example.com, c@example.com")], Channel::Email)]
    #[test_case(&[("CHANNEL", "sms"), ("SMS_TO", "+4915112345678")], Channel::Sms)]
    #[test_case(&[("CHANNEL", "slack"), ("SECRET_ARN", "arn")], Channel::Slack)]
    #[test_case(&[("CHANNEL", "slack"), ("SECRET_ARN", "arn"), ("SLACK_API_URL", "http://127.0.0.1:9/api")], Channel::Slack; "slack elsewhere")]
    #[test_case(&[("CHANNEL", "pagerduty"), ("SECRET_ARN", "arn")], Channel::Pagerduty)]
    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "arn")], Channel::Webhook)]
    fn every_channel_needs_its_own_variables_only(more: &[(&str, &str)], channel: Channel) {
        let settings = read(more).unwrap();
        assert_eq!(settings.target.channel(), channel);
        assert_eq!(settings.max_age, SignedDuration::from_hours(2));
        assert_eq!(settings.max_attempts, None);
    }

    #[test]
    fn all_faults_are_reported_together() {
        let environment = MapEnvironment::from([
            ("CHANNEL", "email"),
            ("MAX_AGE_SECONDS", "0"),
            ("MAX_ATTEMPTS", "0"),
            ("EMAIL_TO", "b@example.com, nobody"),
        ]);
        let text = Settings::read(&environment).unwrap_err().to_string();
        for name in [
            "TABLE_NAME",
            "QUEUE_URL",
            "DEAD_LETTER_QUEUE_URL",
            "MAX_AGE_SECONDS",
            "MAX_ATTEMPTS",
            "EMAIL_FROM",
            "EMAIL_TO",
        ] {
            assert!(
                text.contains(&format!("`{name}`")),
                "{name} is not in: {text}"
            );
        }
        assert!(text.contains("`nobody` in place 2"), "{text}");
    }

    #[test]
    fn how_long_to_wait_can_be_set() {
        let settings = read(&[
            ("CHANNEL", "webhook"),
            ("SECRET_ARN", "arn"),
            ("MAX_AGE_SECONDS", "90"),
            ("MAX_ATTEMPTS", "3"),
        ])
        .unwrap();
        assert_eq!(settings.max_age, SignedDuration::from_secs(90));
        assert_eq!(settings.max_attempts, Some(3));
    }

    #[test]
    fn links_work_for_a_week_unless_it_is_said_otherwise() {
        let read = |more: &[(&str, &str)]| {
            let common = [
                ("CHANNEL", "webhook"),
                ("SECRET_ARN", "arn"),
                ("API_URL", "https://api.example/prod/"),
                ("LINK_SECRET_ARN", "keys"),
            ];
            read(&common.iter().chain(more).copied().collect::<Vec<_>>())
                .unwrap()
                .links
                .unwrap()
        };
        let links = read(&[]);
        assert_eq!(links.ttl, SignedDuration::from_hours(168));
        assert_eq!(
            links.api.join("i/x").expose(),
            "https://api.example/prod/i/x"
        );
        assert_eq!(
            read(&[("LINK_TTL_HOURS", "12")]).ttl,
            SignedDuration::from_hours(12)
        );
    }

    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "a"), ("MAX_AGE_SECONDS", "86401")], "MAX_AGE_SECONDS")]
    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "a"), ("MAX_ATTEMPTS", "901")], "MAX_ATTEMPTS"; "above what the queue's own redrive leaves")]
    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "a"), ("MAX_ATTEMPTS", "many")], "MAX_ATTEMPTS"; "no number")]
    #[test_case(&[("CHANNEL", "fax")], "CHANNEL")]
    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "a"), ("API_URL", "https://x.example")], "LINK_SECRET_ARN"; "links without keys")]
    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "a"), ("LINK_SECRET_ARN", "b")], "API_URL"; "links to nowhere")]
    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "a"), ("LINK_SECRET_ARN", "b"), ("API_URL", "http://x.example")], "API_URL"; "links that are not encrypted")]
    #[test_case(&[("CHANNEL", "webhook"), ("SECRET_ARN", "a"), ("LINK_TTL_HOURS", "721")], "LINK_TTL_HOURS"; "links for longer than a month")]
    #[test_case(&[("CHANNEL", "sms"), ("SMS_TO", "+4915112345678"), ("SMS_SEGMENTS", "4")], "SMS_SEGMENTS")]
    #[test_case(&[("CHANNEL", "sms"), ("SMS_TO", "0151 1234")], "SMS_TO")]
    #[test_case(&[("CHANNEL", "slack")], "SECRET_ARN")]
    #[test_case(&[("CHANNEL", "slack"), ("SECRET_ARN", "a"), ("SLACK_API_URL", "http://slack.com/api")], "SLACK_API_URL")]
    fn a_fault_names_its_variable(more: &[(&str, &str)], name: &str) {
        let text = read(more).unwrap_err().to_string();
        assert!(text.contains(&format!("`{name}`")), "{text}");
    }
}
