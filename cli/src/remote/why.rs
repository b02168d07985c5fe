//! `tocsin why`: why somebody was told or nobody, and what comes next.

use report::Why;

use super::arguments::About;
use crate::client::{Call, Failure, path, printable};

pub(super) fn run(arguments: &About) -> Result<(), Failure> {
    let About { which, common } = arguments;
    let client = common.connection.client()?;
    let id = which.id(&client)?;
    let answer = client.send(&Call::get(&path(&["v1", "incidents", &id, "why"]), &[]))?;
    if common.view.is_json() {
        return common.view.document(&answer.body);
    }
    let why: Why = answer.read()?;
    common.view.text(&printable(&why.to_text()))
}
