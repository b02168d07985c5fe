//! The environment: read once, with all faults reported together. Nothing in it is secret.

use lambda_support::env::{Environment, Faults, Reader};
use settings::Channel;

/// What the environment says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// The table.
    pub table: String,
    /// The notify topic.
    pub topic: String,
    /// The queue that brings timers.
    pub timers: String,
    /// The secret with the keys of links.
    pub link_secret: String,
    /// The API's own secret.
    pub api_secret: String,
    /// The channels that have a notifier; all when the environment does not say.
    pub deployed: Option<Vec<Channel>>,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// With every fault there is.
    pub fn read(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let table = reader.required("TABLE_NAME", "the name of the table");
        let topic = reader.required("NOTIFY_TOPIC_ARN", "the ARN of the notify topic");
        let timers = reader.required("TIMERS_QUEUE_URL", "the address of the queue of timers");
        let meaning = "the secret with the keys of links, in Secrets Manager";
        let link_secret = reader.required("LINK_SECRET_ARN", meaning);
        let api_secret = reader.required("API_SECRET_ARN", "the API's secret in Secrets Manager");
        let deployed = adapters::deployed(&mut reader);
        reader.finish(|| {
            Ok(Self {
                table: table?,
                topic: topic?,
                timers: timers?,
                link_secret: link_secret?,
                api_secret: api_secret?,
                deployed: deployed?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use lambda_support::env::MapEnvironment;

    use super::*;

    #[test]
    fn all_faults_are_reported_together() {
        let environment = MapEnvironment::from([("DEPLOYED_CHANNELS", "email,pigeon")]);
        let text = Settings::read(&environment).unwrap_err().to_string();
        for name in [
            "TABLE_NAME",
            "NOTIFY_TOPIC_ARN",
            "TIMERS_QUEUE_URL",
            "LINK_SECRET_ARN",
            "API_SECRET_ARN",
            "pigeon",
        ] {
            assert!(text.contains(name), "{name} is not in: {text}");
        }
    }

    #[test]
    fn channels_may_be_left_out() {
        let environment = MapEnvironment::from([
            ("TABLE_NAME", "t"),
            ("NOTIFY_TOPIC_ARN", "n"),
            ("TIMERS_QUEUE_URL", "q"),
            ("LINK_SECRET_ARN", "l"),
            ("API_SECRET_ARN", "s"),
        ]);
        assert_eq!(Settings::read(&environment).unwrap().deployed, None);
    }
}
