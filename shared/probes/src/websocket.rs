//! A WebSocket: the handshake, and a text that has to come back.

use futures_util::{SinkExt, StreamExt};
use health::{Fault, FaultKind};
use hyper::header;
use settings::Measured;
use tokio::time::Instant;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::address::Address;
use crate::connection::{Ask, open};
use crate::error::fault_of;
use crate::http::{USER_AGENT, authorization};
use crate::trace::Trace;

pub(crate) async fn ask(ask: &Ask<'_>, trace: &mut Trace) -> Result<(), Fault> {
    let address = Address::read(ask.target)?;
    let (stream, _) = open(trace, ask.trust, &address, ask.reach()).await?;
    let misconfigured =
        |error: &dyn std::fmt::Display| Fault::new(FaultKind::Misconfigured, error.to_string());
    let mut request = ask
        .target
        .into_client_request()
        .map_err(|error| misconfigured(&error))?;
    let agent = header::HeaderValue::from_static(USER_AGENT);
    request.headers_mut().insert(header::USER_AGENT, agent);
    if let Some(value) = authorization(ask.credentials) {
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    let begun = Instant::now();
    let upgraded = client_async(request, stream);
    let upgraded = trace.step(FaultKind::FirstByteTimeout, upgraded).await?;
    let (mut socket, _) = upgraded.map_err(|error| fault(&error))?;
    trace.lap(Measured::FirstByteMs, begun);
    let Some(echo) = &ask.probe.echo else {
        return Ok(());
    };
    let sent = socket.send(Message::text(echo.as_str()));
    let sent = trace.step(FaultKind::FirstByteTimeout, sent).await?;
    sent.map_err(|error| fault(&error))?;
    loop {
        let received = trace
            .step(FaultKind::FirstByteTimeout, socket.next())
            .await?;
        let message = match received {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(fault(&error)),
            None => {
                return Err(Fault::new(
                    FaultKind::HalfClosed,
                    "the socket was closed before the echo",
                ));
            }
        };
        if message.is_ping() || message.is_pong() {
            continue;
        }
        if message.is_close() {
            return Err(Fault::new(
                FaultKind::HalfClosed,
                "the socket was closed before the echo",
            ));
        }
        return match message.to_text() {
            Ok(text) if text == echo => Ok(()),
            Ok(_) | Err(_) => Err(Fault::new(
                FaultKind::EchoMismatch,
                "what came back is not what was sent",
            )),
        };
    }
}

fn fault(error: &Error) -> Fault {
    if let Error::Http(response) = error {
        let status = response.status().as_u16();
        let kind = if matches!(status, 401 | 403) {
            FaultKind::AuthFailed
        } else {
            FaultKind::BadStatus
        };
        return Fault::new(
            kind,
            format!("the status is {status}, and 101 opens a WebSocket"),
        );
    }
    if matches!(error, Error::ConnectionClosed | Error::AlreadyClosed) {
        return Fault::new(FaultKind::HalfClosed, error.to_string());
    }
    let text = error.to_string();
    if text.contains("Handshake not finished") || text.contains("without closing handshake") {
        return Fault::new(FaultKind::HalfClosed, text);
    }
    fault_of(error, FaultKind::Protocol)
}
