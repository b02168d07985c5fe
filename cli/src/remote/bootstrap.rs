//! `tocsin token bootstrap`: the first token of a stack. It asks nobody, for nobody could authenticate
//! who asks: the deployment is handed the token's record, which holds only a hash.

use std::fmt::Write as _;

use credentials::TokenName;
use credentials::bearer::{Scope, Scopes, Token, TokenRecord};
use jiff::Timestamp;
use serde_json::json;

use crate::client::{self, Failure, View, duration};

/// The parameter of `template.yaml` that takes the record.
const PARAMETER: &str = "ApiTokenRecord";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What people call it: who has it, or what for
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// What it may do: read, act, silence, admin; several with commas
    #[arg(
        long = "scope",
        visible_alias = "scopes",
        value_name = "SCOPE",
        default_value = "admin",
        value_delimiter = ','
    )]
    scopes: Vec<Scope>,
    /// For how long it counts; default: until its record is taken out of the deployment
    #[arg(long = "for", visible_alias = "expires", value_name = "DURATION", value_parser = client::length)]
    length: Option<String>,
    #[command(flatten)]
    view: View,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let now = Timestamp::now();
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let name = name(&arguments.name)?;
    let expires_at = match &arguments.length {
        None => None,
        Some(length) => {
            let length = duration(length).map_err(Failure::Usage)?;
            let at = now.checked_add(length);
            Some(at.map_err(|error| Failure::Usage(error.to_string()))?)
        }
    };
    let scopes: Scopes = arguments.scopes.iter().copied().collect();
    let token = Token::from_entropy(entropy()?);
    let record = TokenRecord::of(&token, name, scopes, now, expires_at);
    let text = serde_json::to_string(&record).map_err(std::io::Error::from)?;
    let parameter = parameter(&text);
    if arguments.view.is_json() {
        return arguments.view.document(&json!({
            "token": token.expose(), "record": record, "parameter": parameter,
        }));
    }
    eprintln!("{}", instructions(&text, &parameter));
    arguments.view.text(&token.expose())
}

/// A name that stays what it is on its way through a shell, `sam` and the template.
fn name(text: &str) -> Result<TokenName, Failure> {
    if text.contains(['"', '\'', '\\']) {
        let why = "the name of the first token has a quote or a backslash, which `sam deploy` would change";
        return Err(Failure::Usage(why.to_owned()));
    }
    TokenName::try_new(text).map_err(|error| Failure::Usage(error.to_string()))
}

/// The record as `sam deploy --parameter-overrides` reads it: quotes within quotes.
fn parameter(record: &str) -> String {
    format!("{PARAMETER}=\"{}\"", record.replace('"', "\\\""))
}

fn instructions(record: &str, parameter: &str) -> String {
    let mut text = String::new();
    let _infallible = write!(
        text,
        "The token follows on standard output. It is shown once: keep it where nobody else can read it.\n\
         Its record holds only a hash. Hand it to the deployment, beside the overrides that you give anyway:\n\
         \n  sam deploy --parameter-overrides '{parameter}'\n\
         \nWhere {PARAMETER} is asked for, as by `sam deploy --guided`, it is\n\
         \n  {record}\n"
    );
    text
}

fn entropy() -> Result<[u8; 40], Failure> {
    let mut bytes = [0; 40];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_none| Failure::Usage("this machine gives no random numbers".to_owned()))?;
    Ok(bytes)
}
