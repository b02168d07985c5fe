//! Redis: who we are, `PING`, and `INFO`.
//!
//! Three commands of RESP are spoken here rather than by a client: a client resolves and connects by itself, so
//! that neither the steps could be measured nor the address checked, and gives its errors no names.

use std::collections::BTreeMap;

use health::{Fault, FaultKind};
use settings::Measured;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::Instant;

use crate::address::Address;
use crate::connection::{Ask, Duplex, open};
use crate::error::fault_of;
use crate::trace::Trace;

/// A reply is not longer than this; `INFO` has a few kilobytes.
const LINE: u64 = 64 * 1024;
const BULK: usize = 1024 * 1024;

pub(crate) async fn ask(ask: &Ask<'_>, trace: &mut Trace) -> Result<(), Fault> {
    let address = Address::read(ask.target)?;
    let (stream, _) = open(trace, ask.trust, &address, ask.reach()).await?;
    let mut server = Server(BufReader::new(stream));
    let begun = Instant::now();
    if let Some(password) = &ask.credentials.password {
        let user = ask
            .credentials
            .username
            .as_deref()
            .or(address.user.as_deref());
        let mut command = vec!["AUTH"];
        command.extend(user);
        command.push(password.expose());
        server.call(trace, &command).await?;
    }
    let pong = server.call(trace, &["PING"]).await?;
    trace.lap(Measured::FirstByteMs, begun);
    if pong != "PONG" {
        return Err(Fault::new(
            FaultKind::Protocol,
            "PING is not answered by PONG",
        ));
    }
    let info = server.call(trace, &["INFO"]).await?;
    measure(trace, &info);
    Ok(())
}

struct Server(BufReader<Box<dyn Duplex>>);

impl Server {
    async fn call(&mut self, trace: &Trace, command: &[&str]) -> Result<String, Fault> {
        let call = async {
            let mut text = format!("*{}\r\n", command.len());
            for word in command {
                text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
            }
            self.0.write_all(text.as_bytes()).await?;
            self.0.flush().await?;
            self.reply().await
        };
        let reply = trace.step(FaultKind::FirstByteTimeout, call).await?;
        reply.map_err(|error| fault_of(&error, FaultKind::Protocol))?
    }

    /// A reply; an error of the server's is a fault, one of the connection's an I/O error.
    async fn reply(&mut self) -> Result<Result<String, Fault>, std::io::Error> {
        let mut line = Vec::new();
        let read = (&mut self.0)
            .take(LINE)
            .read_until(b'\n', &mut line)
            .await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        let odd = || {
            Ok(Err(Fault::new(
                FaultKind::Protocol,
                "the reply is not of Redis's protocol",
            )))
        };
        let Some((kind, rest)) = line.split_at_checked(1) else {
            return odd();
        };
        match kind {
            "+" | ":" => Ok(Ok(rest.to_owned())),
            "-" => Ok(Err(refusal(rest))),
            "$" => {
                let Some(size) = rest.parse::<usize>().ok().filter(|size| *size <= BULK) else {
                    return odd();
                };
                let mut bulk = vec![0; size + 2];
                self.0.read_exact(&mut bulk).await?;
                bulk.truncate(size);
                Ok(Ok(String::from_utf8_lossy(&bulk).into_owned()))
            }
            _ => odd(),
        }
    }
}

/// What the server says of why it does not answer.
fn refusal(text: &str) -> Fault {
    let code = text.split_whitespace().next().unwrap_or_default();
    let kind = match code {
        "NOAUTH" | "WRONGPASS" => FaultKind::AuthFailed,
        "NOPERM" => FaultKind::NotPermitted,
        "LOADING" | "MASTERDOWN" | "BUSY" => FaultKind::NotReady,
        _ if text.contains("invalid password") || text.contains("without any password") => {
            FaultKind::AuthFailed
        }
        _ if text.contains("max number of clients") => FaultKind::TooManyConnections,
        _ => FaultKind::ServerError,
    };
    Fault::new(kind, text)
}

fn measure(trace: &mut Trace, info: &str) {
    let fields: BTreeMap<&str, &str> = info
        .lines()
        .filter_map(|line| line.trim().split_once(':'))
        .collect();
    let number = |name: &str| fields.get(name).and_then(|text| text.parse::<f64>().ok());
    let direct = [
        (Measured::MemoryBytes, "used_memory"),
        (Measured::EvictedKeys, "evicted_keys"),
        (Measured::Clients, "connected_clients"),
    ];
    for (what, name) in direct {
        if let Some(value) = number(name) {
            trace.measure(what, value);
        }
    }
    // A limit of zero is none.
    if let (Some(used), Some(limit)) = (number("used_memory"), number("maxmemory"))
        && limit > 0.0
    {
        trace.measure(Measured::MemoryUsedPercent, 100.0 * used / limit);
    }
    if let (Some(hits), Some(misses)) = (number("keyspace_hits"), number("keyspace_misses"))
        && hits + misses > 0.0
    {
        trace.measure(Measured::HitPercent, 100.0 * hits / (hits + misses));
    }
    if let Some(link) = fields.get("master_link_status") {
        trace.measure(
            Measured::ReplicationUp,
            if *link == "up" { 1.0 } else { 0.0 },
        );
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("NOAUTH Authentication required.", FaultKind::AuthFailed)]
    #[test_case(
        "WRONGPASS invalid username-password pair or user is disabled.",
        FaultKind::AuthFailed
    )]
    #[test_case("ERR invalid password", FaultKind::AuthFailed; "before 6")]
    #[test_case("LOADING Redis is loading the dataset in memory", FaultKind::NotReady)]
    #[test_case("ERR max number of clients reached", FaultKind::TooManyConnections)]
    #[test_case(
        "NOPERM this user has no permissions to run the 'info' command",
        FaultKind::NotPermitted
    )]
    #[test_case("ERR unknown", FaultKind::ServerError)]
    fn refusals_have_names(text: &str, expected: FaultKind) {
        assert_eq!(refusal(text).kind, expected);
    }
}
