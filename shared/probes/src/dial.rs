//! From a name to a connection.

use std::io;
use std::net::SocketAddr;

use health::{Fault, FaultKind};
use settings::Measured;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::Instant;

use crate::address::{Address, Place, place};
use crate::error::kind_of;
use crate::trace::Trace;

/// Which places may be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Link-local addresses, because the configuration says so.
    pub(crate) link_local: bool,
    /// Only the internet: a redirect from there must not lead into our own networks.
    pub(crate) only_public: bool,
}

/// A connection and how near its other end is.
pub(crate) struct Dialled {
    pub(crate) stream: TcpStream,
    pub(crate) place: Place,
}

/// Resolves and connects; several addresses are tried one after the other.
pub(crate) async fn dial(
    trace: &mut Trace,
    address: &Address,
    reach: Reach,
) -> Result<Dialled, Fault> {
    let begun = Instant::now();
    let found = lookup_host((address.host.as_str(), address.port));
    let found = trace.step(FaultKind::Dns, found).await?;
    let found: Vec<SocketAddr> = match found {
        Ok(found) => found.collect(),
        Err(error) => return Err(Fault::new(FaultKind::Dns, error.to_string())),
    };
    trace.lap(Measured::DnsMs, begun);
    let allowed = |one: &&SocketAddr| match place(one.ip()) {
        Place::Public => true,
        Place::Private => !reach.only_public,
        Place::LinkLocal => reach.link_local && !reach.only_public,
    };
    // What was checked is what is connected to: the name is not resolved again.
    let open: Vec<&SocketAddr> = found.iter().filter(allowed).collect();
    let mut fault = match (found.as_slice(), open.is_empty()) {
        ([], _) => Fault::new(FaultKind::Dns, "the name has no address"),
        ([first, ..], true) => Fault::new(
            FaultKind::ForbiddenAddress,
            format!(
                "{} is at {}, which probes do not ask",
                address.host,
                first.ip()
            ),
        ),
        (_, false) => Fault::new(FaultKind::Unreachable, ""),
    };
    for (tried, one) in open.iter().enumerate() {
        let begun = Instant::now();
        let end = trace.share(open.len() - tried);
        let stream = TcpStream::connect(**one);
        match trace
            .step_until(end, FaultKind::ConnectTimeout, stream)
            .await
        {
            Ok(Ok(stream)) => {
                trace.lap(Measured::ConnectMs, begun);
                // A probe's messages are short, and each is waited for.
                let _slower = stream.set_nodelay(true);
                return Ok(Dialled {
                    stream,
                    place: place(one.ip()),
                });
            }
            Ok(Err(error)) => fault = refused(one, &error),
            Err(late) => fault = late,
        }
    }
    Err(fault)
}

fn refused(address: &SocketAddr, error: &io::Error) -> Fault {
    let kind = kind_of(error).unwrap_or(FaultKind::Unreachable);
    Fault::new(kind, format!("{address}: {error}"))
}
