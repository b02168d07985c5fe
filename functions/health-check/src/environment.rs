//! The environment: read once, with all faults reported together. Nothing in it is secret.

use std::collections::BTreeMap;
use std::str::FromStr;

use adapters::AlertsTopic;
use lambda_support::env::{Environment as Variables, Faults, Reader};

/// What the environment says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Environment {
    /// The table.
    pub table: String,
    /// The alerts topic.
    pub topic: String,
    /// The values of the names in targets.
    pub targets: BTreeMap<String, String>,
}

/// `name=value` pairs with blanks between them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pairs(pub BTreeMap<String, String>);

/// What is no such pair. It names the name alone: nobody knows what the value is.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` has no value: write name=value")]
pub struct InvalidPair(String);

impl FromStr for Pairs {
    type Err = InvalidPair;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pairs = text.split_whitespace().map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if name.is_empty() || value.is_empty() {
                return Err(InvalidPair(name.chars().take(64).collect()));
            }
            Ok((name.to_owned(), value.to_owned()))
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }
}

impl Environment {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be read.
    pub fn read(variables: &dyn Variables) -> Result<Self, Faults> {
        let mut reader = Reader::new(variables);
        let table = reader.required("TABLE_NAME", "the name of the table");
        let topic = AlertsTopic::arn(&mut reader);
        let meaning =
            "name=value pairs with blanks between them, the values of the names in targets";
        let targets = match reader.optional("PROBE_TARGETS") {
            Some(text) => match text.parse::<Pairs>() {
                Ok(Pairs(pairs)) => Ok(pairs),
                Err(error) => Err(reader.fault(
                    "PROBE_TARGETS",
                    error.to_string(),
                    format!("set it to {meaning}"),
                )),
            },
            None => Ok(BTreeMap::new()),
        };
        reader.finish(|| {
            Ok(Self {
                table: table?,
                topic: topic?,
                targets: targets?,
            })
        })
    }
}
