//! `tocsin token`: who may ask, and what.

use credentials::bearer::{Scope, Token, TokenId};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::arguments::{Common, Listing};
use super::bootstrap;
use crate::client::{self, Call, Connection, Failure, age, moment, one_line, path};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make the first token of a stack, and the record that its deployment takes; asks nobody
    Bootstrap(bootstrap::Arguments),
    /// Make a token; its text is shown once, on standard output
    Create(Create),
    /// List tokens, without their secrets
    List(Listing),
    /// Take a token back
    Revoke(Revoke),
}

#[derive(clap::Args)]
pub(crate) struct Create {
    /// What people call it: who has it, or what for
    #[arg(long, value_name = "TEXT")]
    name: String,
    /// What it may do: read, act, silence, admin; several with commas
    #[arg(
        long = "scope",
        value_name = "SCOPE",
        required = true,
        value_delimiter = ','
    )]
    scopes: Vec<Scope>,
    /// For how long it counts; default: until it is revoked
    #[arg(long = "for", value_name = "DURATION", value_parser = client::length)]
    length: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
pub(crate) struct WhoAmI {
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
pub(crate) struct Revoke {
    /// The token's id: the twelve characters behind `tocsin_`
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Deserialize)]
struct Created {
    token: String,
}

#[derive(Deserialize)]
struct Trail {
    entries: Vec<Entry>,
}

/// A token was made or revoked.
#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    name: Option<String>,
    scopes: Vec<String>,
    #[serde(default)]
    expires_at: Option<Timestamp>,
    at: Timestamp,
    revoked: bool,
}

/// Who asks.
#[derive(Deserialize)]
struct Caller {
    token: Known,
    from: String,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    name: String,
    scopes: Vec<String>,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Bootstrap(arguments) => bootstrap::run(arguments),
        Command::Create(arguments) => create(arguments),
        Command::List(arguments) => list(arguments),
        Command::Revoke(arguments) => revoke(arguments),
    }
}

fn create(arguments: &Create) -> Result<(), Failure> {
    let Common { view, connection } = &arguments.common;
    let client = connection.client()?;
    let scopes: Vec<&str> = arguments
        .scopes
        .iter()
        .map(|scope| scope.as_str())
        .collect();
    let mut body = json!({"name": arguments.name, "scopes": scopes});
    if let (Some(length), Some(body)) = (&arguments.length, body.as_object_mut()) {
        body.insert("expires_in".to_owned(), length.as_str().into());
    }
    let answer = client.send(&Call::make(path(&["v1", "tokens"]), body))?;
    if view.is_json() {
        return view.document(&answer.body);
    }
    let created: Created = answer.read()?;
    eprintln!("this is shown once: keep it where nobody else can read it");
    view.text(&one_line(&created.token))
}

fn list(arguments: &Listing) -> Result<(), Failure> {
    let Common { view, connection } = &arguments.common;
    let client = connection.client()?;
    let answer = client::all(&client, "/v1/tokens", &[], "entries", usize::MAX)?;
    if view.is_json() {
        return view.document(&answer.body);
    }
    let entries = answer.read::<Trail>()?.entries;
    let now = answer.now;
    let revoked = |id: &str| entries.iter().any(|entry| entry.revoked && entry.id == id);
    let is_made = |entry: &&Entry| !entry.revoked;
    let head = ["token", "state", "scopes", "age", "expires", "name"];
    let mut rows = Vec::new();
    for entry in entries.iter().filter(is_made) {
        let state = if revoked(&entry.id) {
            "revoked"
        } else if entry.expires_at.is_some_and(|at| at <= now) {
            "expired"
        } else {
            "valid"
        };
        if state != "valid" && !arguments.all {
            continue;
        }
        rows.push(vec![
            one_line(&entry.id),
            state.to_owned(),
            one_line(&entry.scopes.join(",")),
            age(entry.at, now),
            entry.expires_at.map_or_else(|| "-".to_owned(), moment),
            one_line(entry.name.as_deref().unwrap_or("-")),
        ]);
    }
    view.table(&head, &rows, "no token")
}

pub(super) fn who_am_i(arguments: &WhoAmI) -> Result<(), Failure> {
    let Common { view, connection } = &arguments.common;
    let client = connection.client()?;
    let answer = client.send(&Call::get("/v1/whoami", &[]))?;
    if view.is_json() {
        return view.document(&answer.body);
    }
    let Caller { token, from } = answer.read()?;
    view.text(&format!(
        "{} (token {}) may {}, and comes from {}",
        one_line(&token.name),
        one_line(&token.id),
        one_line(&token.scopes.join(", ")),
        one_line(&from)
    ))
}

fn revoke(arguments: &Revoke) -> Result<(), Failure> {
    // Whoever pastes the whole token means the id in it; the secret is neither sent nor shown.
    let id = match Token::parse(arguments.id.trim()) {
        Ok(token) => token.id().clone(),
        Err(_no_token) => {
            let id = arguments.id.trim();
            TokenId::try_new(id.strip_prefix("tocsin_").unwrap_or(id)).map_err(|_invalid| {
                Failure::Usage(
                    "a token's id is the twelve characters behind `tocsin_`; see `tocsin token list`"
                        .to_owned(),
                )
            })?
        }
    };
    let client = arguments.connection.client()?;
    client.send(&Call::delete(path(&["v1", "tokens", id.as_str()])))?;
    println!("{id} is revoked");
    Ok(())
}
