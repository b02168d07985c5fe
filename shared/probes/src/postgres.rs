//! PostgreSQL: a connection, `SELECT 1`, and how the server is doing.
//!
//! The numbers of other people's sessions need the role `pg_monitor`; without it they count less than there is.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use health::{Fault, FaultKind};
use settings::Measured;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream as PostgresTls};
use tokio_postgres::{Client, Config, SimpleQueryMessage};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::address::Address;
use crate::connection::Ask;
use crate::dial::dial;
use crate::error::fault_of;
use crate::http::Background;
use crate::tls::{days_left, expired_days, server_name};
use crate::trace::{Trace, millis};

/// One row; a number that does not apply is null.
const NUMBERS: &str = "SELECT \
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
    100.0 * (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') \
        / greatest(current_setting('max_connections')::int, 1), \
    (SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'), \
    (SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'), \
    (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0) FROM pg_stat_activity \
        WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()), \
    CASE WHEN pg_is_in_recovery() THEN \
        CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
        ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END \
    ELSE (SELECT max(extract(epoch FROM coalesce(replay_lag, interval '0'))) FROM pg_stat_replication) END, \
    pg_database_size(current_database()), \
    (SELECT 100.0 * sum(blks_hit) / nullif(sum(blks_hit) + sum(blks_read), 0) FROM pg_stat_database)";

/// In the order of the columns.
const COLUMNS: [Measured; 8] = [
    Measured::Connections,
    Measured::ConnectionsUsedPercent,
    Measured::IdleInTransaction,
    Measured::LockWaits,
    Measured::LongestQuerySeconds,
    Measured::ReplicationLagSeconds,
    Measured::SizeBytes,
    Measured::CacheHitPercent,
];

pub(crate) async fn ask(ask: &Ask<'_>, trace: &mut Trace) -> Result<(), Fault> {
    let address = Address::read(ask.target)?;
    let config = config(ask, &address)?;
    let stream = dial(trace, &address, ask.reach()).await?.stream;
    let agreed = Agreed::default();
    let tls = Encryption {
        host: address.host.clone(),
        connector: TlsConnector::from(ask.trust.config()?),
        agreed: Arc::clone(&agreed),
    };
    let begun = Instant::now();
    let connected = trace
        .step(FaultKind::FirstByteTimeout, config.connect_raw(stream, tls))
        .await;
    let (took, days) = *agreed.lock().unwrap_or_else(PoisonError::into_inner);
    for (what, value) in [(Measured::TlsMs, took), (Measured::CertificateDays, days)] {
        if let Some(value) = value {
            trace.measure(what, value);
        }
    }
    let (client, connection) = connected?.map_err(|error| fault(&error))?;
    let _connection = Background(tokio::spawn(async move {
        // What goes wrong here, the queries hear too.
        let _ended = connection.await;
    }));
    // A statement that nobody waits for any more must not go on.
    let millis = ask.probe.timeout.as_millis();
    query(&client, trace, &format!("SET statement_timeout = {millis}")).await?;
    query(&client, trace, "SELECT 1").await?;
    trace.lap(Measured::FirstByteMs, begun);
    let row = query(&client, trace, NUMBERS).await?;
    for (what, text) in COLUMNS.into_iter().zip(row) {
        if let Some(value) = text.and_then(|text| text.parse::<f64>().ok()) {
            trace.measure(what, value);
        }
    }
    Ok(())
}

fn config(ask: &Ask<'_>, address: &Address) -> Result<Config, Fault> {
    let mut config = Config::new();
    let (path, options) = address.path.split_once('?').unwrap_or((&address.path, ""));
    let database = path.trim_start_matches('/');
    if !database.is_empty() {
        config.dbname(database);
    }
    let user = ask
        .credentials
        .username
        .as_deref()
        .or(address.user.as_deref());
    if let Some(user) = user {
        config.user(user);
    }
    if let Some(password) = &ask.credentials.password {
        config.password(password.expose());
    }
    config.application_name(crate::http::USER_AGENT);
    // Encryption is asked for unless the address says otherwise, and never given up in silence.
    let mode = match options {
        "" | "sslmode=require" | "sslmode=verify-full" => SslMode::Require,
        "sslmode=disable" => SslMode::Disable,
        _ => {
            return Err(Fault::new(
                FaultKind::Misconfigured,
                "the target has an option that is not known: sslmode=require or sslmode=disable",
            ));
        }
    };
    config.ssl_mode(mode);
    Ok(config)
}

/// The first row as texts. Prepared statements are left out: a pooler in front may not keep them.
async fn query(client: &Client, trace: &Trace, sql: &str) -> Result<Vec<Option<String>>, Fault> {
    let answer = trace
        .step(FaultKind::FirstByteTimeout, client.simple_query(sql))
        .await?;
    let answer = answer.map_err(|error| fault(&error))?;
    let row = answer.into_iter().find_map(|message| {
        let SimpleQueryMessage::Row(row) = message else {
            return None;
        };
        let text = |at| row.try_get(at).ok().flatten().map(str::to_owned);
        Some((0..row.len()).map(text).collect())
    });
    Ok(row.unwrap_or_default())
}

fn fault(error: &tokio_postgres::Error) -> Fault {
    let Some(server) = error.as_db_error() else {
        let text = error.to_string();
        if error.is_closed() {
            return Fault::new(FaultKind::HalfClosed, text);
        }
        let source = std::error::Error::source(error)
            .map(ToString::to_string)
            .unwrap_or_default();
        if source.contains("does not support TLS") {
            return Fault::new(FaultKind::TlsHandshake, source);
        }
        if text.contains("password missing") || source.contains("password missing") {
            return Fault::new(
                FaultKind::AuthFailed,
                "the server wants a password, and there is none",
            );
        }
        return fault_of(error, FaultKind::Protocol);
    };
    let code = server.code();
    let kinds: [(&[SqlState], FaultKind); 5] = [
        (
            &[
                SqlState::INVALID_PASSWORD,
                SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            ],
            FaultKind::AuthFailed,
        ),
        (
            &[SqlState::TOO_MANY_CONNECTIONS],
            FaultKind::TooManyConnections,
        ),
        (
            &[
                SqlState::CANNOT_CONNECT_NOW,
                SqlState::ADMIN_SHUTDOWN,
                SqlState::CRASH_SHUTDOWN,
            ],
            FaultKind::NotReady,
        ),
        (&[SqlState::INVALID_CATALOG_NAME], FaultKind::Missing),
        (&[SqlState::QUERY_CANCELED], FaultKind::FirstByteTimeout),
    ];
    let known = kinds.iter().find(|(codes, _)| codes.contains(code));
    let kind = known.map_or(FaultKind::ServerError, |(_, kind)| *kind);
    Fault::new(kind, format!("{} ({})", server.message(), code.code()))
}

/// How long encryption took, and the days that the certificate has left.
type Agreed = Arc<Mutex<(Option<f64>, Option<f64>)>>;

struct Encryption {
    host: String,
    connector: TlsConnector,
    agreed: Agreed,
}

impl TlsConnect<TcpStream> for Encryption {
    type Stream = Encrypted;
    type Error = std::io::Error;
    type Future = BoxFuture<'static, Result<Encrypted, std::io::Error>>;

    fn connect(self, stream: TcpStream) -> Self::Future {
        Box::pin(async move {
            let begun = Instant::now();
            let name = server_name(&self.host).map_err(|fault| {
                std::io::Error::new(std::io::ErrorKind::InvalidInput, fault.detail)
            })?;
            let agreed = self.connector.connect(name, stream).await;
            let note = match &agreed {
                Ok(stream) => (Some(millis(begun.elapsed())), days_left(stream.get_ref().1)),
                Err(error) => (None, expired_days(error)),
            };
            *self.agreed.lock().unwrap_or_else(PoisonError::into_inner) = note;
            agreed.map(Encrypted)
        })
    }
}

/// The encrypted stream, as the client wants it.
struct Encrypted(TlsStream<TcpStream>);

impl PostgresTls for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
