//! Talks to a stack's API: where it is, who calls, what is asked, and what a refusal means.
//!
//! The commands that use it are in `remote`; this module knows none of them.

mod call;
mod connection;
mod document;
mod failure;
mod find;
mod http;
mod list;
mod secret_file;
mod text;
mod view;

pub(crate) use call::{Call, path};
pub(crate) use connection::Connection;
pub(crate) use document::{Acknowledgement, Acted, Actor, Incident, Incidents};
pub(crate) use failure::Failure;
pub(crate) use find::Which;
pub(crate) use http::{Answer, Client};
pub(crate) use list::all;
pub(crate) use text::{age, ago, duration, length, moment, one_line, printable, time, until};
pub(crate) use view::View;
