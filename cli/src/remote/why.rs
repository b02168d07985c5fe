//! `tocsin why`: why somebody was told or nobody, and what comes next.

use report::Why;

use crate::client::{Call, Connection, Failure, View, Which, path, printable};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    view: View,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client()?;
    let id = arguments.which.id(&client)?;
    let answer = client.send(&Call::get(&path(&["v1", "incidents", &id, "why"]), &[]))?;
    if arguments.view.is_json() {
        return arguments.view.document(&answer.body);
    }
    let why: Why = answer.read()?;
    arguments.view.text(&printable(&why.to_text()))
}
