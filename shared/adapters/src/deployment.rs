//! What the functions that decide are deployed with: the table, the notify topic, the channels that have
//! a notifier, and the queue of timers.
//!
//! The environment says it, once. A client is built when it is asked for, which is at the first event.

use std::sync::Arc;

use engine::{Engine, Patience, Ports};
use incident::Policy;
use lambda_support::aws;
use lambda_support::env::{Environment, Faults, Noted, Reader};
use settings::{Channel, Settings};
use store::DynamoStore;

use crate::channels;
use crate::clock::{SystemClock, seed};
use crate::sns::SnsTopic;
use crate::sqs::SqsTimers;

/// The table, the topic and the channels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deployment {
    table: String,
    topic: String,
    /// All when the environment does not say.
    channels: Option<Vec<Channel>>,
}

/// The same with the queue of timers: what a function needs whose decisions wake others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decider {
    /// The table, the topic and the channels.
    pub deployment: Deployment,
    timers: String,
}

impl Deployment {
    /// Reads the environment.
    ///
    /// # Errors
    /// When a variable is missing or cannot be read; all of them are noted.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Noted> {
        let table = reader.required("TABLE_NAME", "the name of the table");
        let topic = reader.required("NOTIFY_TOPIC_ARN", "the ARN of the notify topic");
        let channels = channels::deployed(reader);
        Ok(Self {
            table: table?,
            topic: topic?,
            channels: channels?,
        })
    }

    /// The channels that have a notifier; all when the environment does not say.
    #[must_use]
    pub fn channels(&self) -> Option<&[Channel]> {
        self.channels.as_deref()
    }

    /// What decisions go by where these channels are deployed.
    #[must_use]
    pub fn policy(&self, settings: impl Into<Arc<Settings>>) -> Policy {
        channels::policy(settings, self.channels())
    }

    /// The engine on the table.
    pub async fn engine(&self, policy: impl Into<Arc<Policy>>) -> Engine<DynamoStore, SystemClock> {
        let client = aws_sdk_dynamodb::Client::new(aws::config().await);
        let store = DynamoStore::new(client, &self.table);
        Engine::new(store, policy, SystemClock, Patience::default(), seed())
    }

    /// The topic.
    pub async fn topic(&self) -> SnsTopic {
        SnsTopic::new(aws_sdk_sns::Client::new(aws::config().await), &self.topic)
    }
}

impl Decider {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, Faults> {
        let mut reader = Reader::new(environment);
        let deployment = Deployment::read(&mut reader);
        let timers = reader.required("TIMERS_QUEUE_URL", "the address of the queue of timers");
        reader.finish(|| {
            Ok(Self {
                deployment: deployment?,
                timers: timers?,
            })
        })
    }

    /// The topic and the queue.
    pub async fn ports(&self) -> Ports<SnsTopic, SqsTimers> {
        let timers = aws_sdk_sqs::Client::new(aws::config().await);
        Ports {
            publisher: self.deployment.topic().await,
            timers: SqsTimers::new(timers, &self.timers),
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
        let faults = Decider::from_environment(&environment).unwrap_err();
        let text = faults.to_string();
        for name in [
            "TABLE_NAME",
            "NOTIFY_TOPIC_ARN",
            "TIMERS_QUEUE_URL",
            "pigeon",
        ] {
            assert!(text.contains(name), "{name} is not in: {text}");
        }
    }
}
