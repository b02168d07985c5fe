//! Encryption, always verified, and how long the certificate lasts.

use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use health::{Fault, FaultKind};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use settings::Measured;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_cert::der::Decode;

use crate::error::fault_of as fault_of_any;
use crate::trace::Trace;

const DAY: f64 = 86_400.0;

/// Whom to trust.
#[derive(Debug, Default)]
pub struct Trust {
    /// Besides, or instead of, those of the system.
    roots: Vec<CertificateDer<'static>>,
    without_system: bool,
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

/// A text that has no certificates to trust.
#[derive(Debug, thiserror::Error)]
#[error("there is no certificate to trust in it: write PEM, -----BEGIN CERTIFICATE-----")]
pub struct InvalidRoots;

impl Trust {
    /// Whom the system trusts.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// Only these, as PEM.
    ///
    /// # Errors
    /// When there are none.
    pub fn only(pem: &str) -> Result<Self, InvalidRoots> {
        Ok(Self {
            roots: roots(pem)?,
            without_system: true,
            config: OnceLock::new(),
        })
    }

    /// These as well, as PEM.
    pub(crate) fn and(&self, pem: &str) -> Result<Self, InvalidRoots> {
        let mut all = self.roots.clone();
        all.extend(roots(pem)?);
        Ok(Self {
            roots: all,
            without_system: self.without_system,
            config: OnceLock::new(),
        })
    }

    /// Made when it is first needed: reading the system's roots takes milliseconds.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, Fault> {
        let made = self.config.get_or_init(|| {
            let mut store = RootCertStore::empty();
            if !self.without_system {
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            store.add_parsable_certificates(self.roots.iter().cloned());
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?;
            let config = config.with_root_certificates(store).with_no_client_auth();
            Ok(Arc::new(config))
        });
        made.clone()
            .map_err(|error| Fault::new(FaultKind::Misconfigured, error))
    }
}

fn roots(pem: &str) -> Result<Vec<CertificateDer<'static>>, InvalidRoots> {
    let roots = CertificateDer::pem_slice_iter(pem.as_bytes());
    let roots: Vec<_> = roots.collect::<Result<_, _>>().map_err(|_| InvalidRoots)?;
    if roots.is_empty() {
        return Err(InvalidRoots);
    }
    Ok(roots)
}

/// Agrees on encryption.
pub(crate) async fn encrypt<S>(
    trace: &mut Trace,
    trust: &Trust,
    host: &str,
    stream: S,
) -> Result<TlsStream<S>, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let begun = Instant::now();
    let name = server_name(host)?;
    let connector = TlsConnector::from(trust.config()?);
    let agreed = trace
        .step(FaultKind::TlsTimeout, connector.connect(name, stream))
        .await?;
    let stream = match agreed {
        Ok(stream) => stream,
        Err(error) => {
            if let Some(days) = expired_days(&error) {
                trace.measure(Measured::CertificateDays, days);
            }
            return Err(fault_of_any(&error, FaultKind::TlsHandshake));
        }
    };
    trace.lap(Measured::TlsMs, begun);
    if let Some(days) = days_left(stream.get_ref().1) {
        trace.measure(Measured::CertificateDays, days);
    }
    Ok(stream)
}

/// The name that the certificate must have.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, Fault> {
    ServerName::try_from(host.to_owned())
        .map_err(|_| Fault::new(FaultKind::Misconfigured, "the target's host is no name"))
}

/// Days until the server's certificate expires.
pub(crate) fn days_left(connection: &rustls::ClientConnection) -> Option<f64> {
    let [first, ..] = connection.peer_certificates()? else {
        return None;
    };
    let certificate = x509_cert::Certificate::from_der(first).ok()?;
    let end = certificate
        .tbs_certificate()
        .validity()
        .not_after
        .to_unix_duration();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(days(end.as_secs_f64() - now.as_secs_f64()))
}

fn days(seconds: f64) -> f64 {
    (seconds / DAY * 100.0).round() / 100.0
}

/// Days since it expired, below zero.
pub(crate) fn expired_days(error: &std::io::Error) -> Option<f64> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    if let rustls::Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after }) =
        error
    {
        let seconds = |time: &rustls::pki_types::UnixTime| time.as_secs();
        #[expect(clippy::cast_precision_loss, reason = "days need no 52 bits")]
        let late = seconds(time).saturating_sub(seconds(not_after)) as f64;
        return Some(-days(late));
    }
    None
}

/// The name of what is wrong.
pub(crate) fn fault_of(error: &rustls::Error) -> Fault {
    use CertificateError as Bad;
    let detail = error.to_string();
    let rustls::Error::InvalidCertificate(bad) = error else {
        return Fault::new(FaultKind::TlsHandshake, detail);
    };
    let kind = if matches!(bad, Bad::Expired | Bad::ExpiredContext { .. }) {
        FaultKind::TlsExpired
    } else if matches!(bad, Bad::NotValidYet | Bad::NotValidYetContext { .. }) {
        FaultKind::TlsNotYetValid
    } else if matches!(
        bad,
        Bad::NotValidForName | Bad::NotValidForNameContext { .. }
    ) {
        FaultKind::TlsName
    } else {
        FaultKind::TlsUntrusted
    };
    Fault::new(kind, detail)
}
