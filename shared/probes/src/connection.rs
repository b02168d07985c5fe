//! A connection, encrypted or not, and what every kind of probe is given.

use health::Fault;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::address::{Address, Place};
use crate::dial::{Reach, dial};
use crate::secret::Credentials;
use crate::tls::{Trust, encrypt};
use crate::trace::Trace;

/// Bytes in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// What every kind of probe is given.
pub(crate) struct Ask<'a> {
    pub(crate) probe: &'a settings::Probe,
    pub(crate) target: &'a str,
    pub(crate) credentials: &'a Credentials,
    pub(crate) trust: &'a Trust,
}

impl Ask<'_> {
    pub(crate) const fn reach(&self) -> Reach {
        Reach {
            link_local: self.probe.allow_link_local,
            only_public: false,
        }
    }
}

/// A connection to an address, encrypted if its scheme says so.
pub(crate) async fn open(
    trace: &mut Trace,
    trust: &Trust,
    address: &Address,
    reach: Reach,
) -> Result<(Box<dyn Duplex>, Place), Fault> {
    let dialled = dial(trace, address, reach).await?;
    if !address.is_encrypted() {
        return Ok((Box::new(dialled.stream), dialled.place));
    }
    let stream = encrypt(trace, trust, &address.host, dialled.stream).await?;
    Ok((Box::new(stream), dialled.place))
}
