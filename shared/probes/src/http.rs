//! HTTP and HTTPS: one request, redirects followed with care, each step measured.
//!
//! Written on hyper's connection, because a client with a pool measures no steps and checks no addresses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use health::{Fault, FaultKind};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use settings::Measured;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::address::{Address, Place};
use crate::body;
use crate::connection::{Ask, open};
use crate::dial::Reach;
use crate::error::fault_of;
use crate::secret::Credentials;
use crate::trace::Trace;

pub(crate) const USER_AGENT: &str = "tocsin-health-check/1";

/// A health check's answer is short; what is longer is not read to its end.
const BODY: usize = 256 * 1024;

/// A task that ends with whoever began it.
pub(crate) struct Background(pub(crate) JoinHandle<()>);

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) async fn ask(ask: &Ask<'_>, trace: &mut Trace) -> Result<(), Fault> {
    let first = Address::read(ask.target)?;
    let mut address = first.clone();
    let mut reach = ask.reach();
    let mut seen = vec![ask.target.to_owned()];
    let mut hops = 0;
    loop {
        // Credentials are for whom they were given.
        let credentials = address.same_origin(&first).then_some(ask.credentials);
        let exchange = exchange(ask, trace, &address, reach, credentials).await?;
        let Exchange {
            response, place, ..
        } = &exchange;
        let Some(next) = redirect(ask, response, &address)? else {
            return judge(ask, trace, exchange).await;
        };
        hops += 1;
        if hops > ask.probe.redirects {
            let detail = format!("{hops} redirects, and {} are followed", ask.probe.redirects);
            return Err(Fault::new(FaultKind::TooManyRedirects, detail));
        }
        let text = format!("{}://{}{}", next.scheme, next.host_header(), next.path);
        if seen.contains(&text) {
            return Err(Fault::new(
                FaultKind::RedirectLoop,
                format!("back to {}", next.host_header()),
            ));
        }
        seen.push(text);
        reach.only_public |= *place == Place::Public;
        address = next;
    }
}

struct Exchange {
    response: Response<Incoming>,
    place: Place,
    /// Drives the connection for as long as the body is read.
    _connection: Background,
}

async fn exchange(
    ask: &Ask<'_>,
    trace: &mut Trace,
    address: &Address,
    reach: Reach,
    credentials: Option<&Credentials>,
) -> Result<Exchange, Fault> {
    let (stream, place) = open(trace, ask.trust, address, reach).await?;
    let request = request(address, credentials)?;
    let begun = Instant::now();
    let handshake = http1::handshake(TokioIo::new(stream));
    let handshake = trace.step(FaultKind::FirstByteTimeout, handshake).await?;
    let (mut sender, connection) = handshake.map_err(|error| fault(&error))?;
    let connection = Background(tokio::spawn(async move {
        // What goes wrong here, the request hears too.
        let _ended = connection.await;
    }));
    let answer = sender.send_request(request);
    let response = trace.step(FaultKind::FirstByteTimeout, answer).await?;
    let response = response.map_err(|error| fault(&error))?;
    trace.lap(Measured::FirstByteMs, begun);
    Ok(Exchange {
        response,
        place,
        _connection: connection,
    })
}

fn request(
    address: &Address,
    credentials: Option<&Credentials>,
) -> Result<Request<Empty<Bytes>>, Fault> {
    let mut request = Request::get(&address.path)
        .header(header::HOST, address.host_header())
        .header(header::USER_AGENT, USER_AGENT)
        .header(
            header::ACCEPT,
            "application/health+json, application/json, */*",
        )
        .header(header::CONNECTION, "close");
    if let Some(value) = credentials.and_then(authorization) {
        request = request.header(header::AUTHORIZATION, value);
    }
    let request = request.body(Empty::new());
    request.map_err(|error| Fault::new(FaultKind::Misconfigured, error.to_string()))
}

/// What says who asks.
pub(crate) fn authorization(credentials: &Credentials) -> Option<header::HeaderValue> {
    let text = match (
        &credentials.token,
        &credentials.username,
        &credentials.password,
    ) {
        (Some(token), ..) => format!("Bearer {}", token.expose()),
        (None, Some(user), Some(password)) => {
            let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
            format!("Basic {pair}")
        }
        (None, ..) => return None,
    };
    let mut value = header::HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Where an answer leads, unless that is what is expected of it.
fn redirect(
    ask: &Ask<'_>,
    response: &Response<Incoming>,
    from: &Address,
) -> Result<Option<Address>, Fault> {
    let status = response.status();
    let expected = ask
        .probe
        .expect
        .status
        .iter()
        .any(|range| range.contains(status.as_u16()));
    if expected || ![301, 302, 303, 307, 308].contains(&status.as_u16()) {
        return Ok(None);
    }
    let bad = |why: &str| Fault::new(FaultKind::BadRedirect, why);
    let location = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| bad("a redirect leads nowhere"))?;
    let target = if location.contains("://") {
        location.to_owned()
    } else if let Some(rest) = location.strip_prefix("//") {
        format!("{}://{rest}", from.scheme)
    } else if location.starts_with('/') {
        format!("{}://{}{location}", from.scheme, from.host_header())
    } else {
        let folder = from.path.split('?').next().unwrap_or_default();
        let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!(
            "{}://{}{folder}/{location}",
            from.scheme,
            from.host_header()
        )
    };
    let target = target.split('#').next().unwrap_or_default();
    let next = Address::read(target).map_err(|_| bad("a redirect leads to what is no address"))?;
    if !matches!(next.scheme.as_str(), "http" | "https") {
        return Err(bad("a redirect leads to what is not HTTP"));
    }
    if from.is_encrypted() && !next.is_encrypted() {
        return Err(bad("a redirect leads from https to http"));
    }
    Ok(Some(next))
}

async fn judge(ask: &Ask<'_>, trace: &mut Trace, exchange: Exchange) -> Result<(), Fault> {
    let Exchange {
        response,
        _connection,
        ..
    } = exchange;
    let expect = &ask.probe.expect;
    let (head, incoming) = response.into_parts();
    let status = head.status.as_u16();
    if !expect.status.iter().any(|range| range.contains(status)) {
        return Err(Fault::new(
            FaultKind::BadStatus,
            format!("the status is {status}"),
        ));
    }
    body::headers(expect, &head.headers)?;
    let read = read(trace, incoming, expect.wants_body()).await?;
    if expect.wants_body() {
        body::check(expect, &read)?;
    }
    Ok(())
}

/// The body as far as it is wanted; its end has to come in any case.
async fn read(trace: &Trace, mut incoming: Incoming, wanted: bool) -> Result<Vec<u8>, Fault> {
    let mut read = Vec::new();
    while let Some(frame) = trace.step(FaultKind::BodyTimeout, incoming.frame()).await? {
        let frame = frame.map_err(|error| fault(&error))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        read.extend_from_slice(&data);
        if read.len() > BODY {
            if wanted {
                let detail = format!("more than {BODY} bytes");
                return Err(Fault::new(FaultKind::BodyTooLarge, detail));
            }
            break;
        }
    }
    Ok(read)
}

/// What hyper says, by name.
fn fault(error: &hyper::Error) -> Fault {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Fault::new(
            FaultKind::HalfClosed,
            "the connection was closed before the end of the answer",
        );
    }
    fault_of(error, FaultKind::Protocol)
}
