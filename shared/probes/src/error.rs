//! What went wrong with a connection, by name.

use std::error::Error;
use std::io;

use health::{Fault, FaultKind};
use lambda_support::error::chain;

/// The name of an error of a connection, wherever in the chain of causes it stands.
pub(crate) fn fault_of(error: &(dyn Error + 'static), otherwise: FaultKind) -> Fault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(tls) = one.downcast_ref::<rustls::Error>() {
            return crate::tls::fault_of(tls);
        }
        if let Some(io) = one.downcast_ref::<io::Error>() {
            // An I/O error hides its cause from `source`.
            let inner = io
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>());
            if let Some(tls) = inner {
                return crate::tls::fault_of(tls);
            }
            if let Some(kind) = kind_of(io) {
                return Fault::new(kind, chain(error).to_string());
            }
        }
        cause = one.source();
    }
    Fault::new(otherwise, chain(error).to_string())
}

/// The name of an I/O error, if it says enough.
pub(crate) fn kind_of(error: &io::Error) -> Option<FaultKind> {
    const KINDS: [(io::ErrorKind, FaultKind); 9] = [
        (io::ErrorKind::ConnectionRefused, FaultKind::Refused),
        (io::ErrorKind::TimedOut, FaultKind::ConnectTimeout),
        (io::ErrorKind::HostUnreachable, FaultKind::Unreachable),
        (io::ErrorKind::NetworkUnreachable, FaultKind::Unreachable),
        (io::ErrorKind::AddrNotAvailable, FaultKind::Unreachable),
        (io::ErrorKind::ConnectionReset, FaultKind::Reset),
        (io::ErrorKind::ConnectionAborted, FaultKind::Reset),
        (io::ErrorKind::BrokenPipe, FaultKind::HalfClosed),
        (io::ErrorKind::UnexpectedEof, FaultKind::HalfClosed),
    ];
    let known = KINDS.iter().find(|(kind, _)| *kind == error.kind());
    known.map(|(_, kind)| *kind)
}
