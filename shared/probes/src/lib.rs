//! Asks things whether they are well: HTTP, TCP, WebSocket, PostgreSQL, Redis, Lambda and SQS.
//!
//! Every way in which an answer fails to be good has a name ([`health::FaultKind`]), each step of it is measured,
//! and a thing that could not be asked is told apart from one that is not well. Nothing is judged and nothing
//! remembered here.

mod address;
mod aws;
mod body;
mod connection;
mod dial;
mod error;
mod http;
mod lambda;
mod postgres;
mod prober;
mod redis;
mod secret;
mod sqs;
mod tls;
mod trace;
mod websocket;

pub use aws::{Api, Aws, AwsApi, NoAws};
pub use prober::{Prober, Run};
pub use secret::{Credentials, InvalidCredentials, NoSecrets, SecretSource, Secrets};
pub use tls::{InvalidRoots, Trust};
