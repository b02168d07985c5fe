//! What several commands take.

use crate::client::{Connection, View, Which};

/// What every command takes that shows something.
#[derive(clap::Args)]
pub(super) struct Common {
    #[command(flatten)]
    pub(super) view: View,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// One incident.
#[derive(clap::Args)]
pub(crate) struct About {
    #[command(flatten)]
    pub(super) which: Which,
    #[command(flatten)]
    pub(super) common: Common,
}

/// A list of what counts for a while.
#[derive(clap::Args)]
pub(crate) struct Listing {
    /// Those that do not count any more as well
    #[arg(long)]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) common: Common,
}
