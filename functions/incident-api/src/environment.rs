//! The environment: read once, with all faults reported together. Nothing in it is secret.

use adapters::Decider;
use lambda_support::env::{Environment, Fault, Faults, Reader};

/// What the environment says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// The table, the topic, the channels and the queue that brings timers.
    pub decider: Decider,
    /// The secret with the keys of links.
    pub link_secret: String,
    /// The API's own secret.
    pub api_secret: String,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// With every fault there is.
    pub fn read(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let meaning = "the secret with the keys of links, in Secrets Manager";
        let link_secret = reader.required("LINK_SECRET_ARN", meaning);
        let api_secret = reader.required("API_SECRET_ARN", "the API's secret in Secrets Manager");
        let secrets = reader.finish(|| Ok((link_secret?, api_secret?)));
        match (Decider::from_environment(environment), secrets) {
            (Ok(decider), Ok((link_secret, api_secret))) => Ok(Self {
                decider,
                link_secret,
                api_secret,
            }),
            (decider, secrets) => {
                let faults = decider.err().into_iter().chain(secrets.err());
                let faults: Vec<Fault> = faults.flat_map(|Faults(faults)| faults).collect();
                Err(Faults(faults))
            }
        }
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
        let settings = Settings::read(&environment).unwrap();
        assert_eq!(settings.decider.deployment.channels(), None);
    }
}
