//! Where a target is, and which places must not be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use health::{Fault, FaultKind};
use hyper::Uri;

/// A target that is an address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Address {
    pub(crate) scheme: String,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The user before the `@`.
    pub(crate) user: Option<String>,
    /// The path with the query.
    pub(crate) path: String,
}

impl Address {
    /// Reads an address; what it does not say has the scheme's default.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        let faulty = |why: &str| Fault::new(FaultKind::Misconfigured, format!("the target {why}"));
        let uri: Uri = text.parse().map_err(|_| faulty("is no address"))?;
        let scheme = uri
            .scheme_str()
            .ok_or_else(|| faulty("has no scheme"))?
            .to_ascii_lowercase();
        let host = uri.host().ok_or_else(|| faulty("has no host"))?;
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let default = match scheme.as_str() {
            "https" | "wss" => Some(443),
            "http" | "ws" => Some(80),
            "postgres" | "postgresql" => Some(5432),
            "redis" | "rediss" => Some(6379),
            _ => None,
        };
        let port = uri
            .port_u16()
            .or(default)
            .ok_or_else(|| faulty("has no port"))?;
        let authority = uri
            .authority()
            .map(hyper::http::uri::Authority::as_str)
            .unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user.to_owned());
        if user.as_ref().is_some_and(|user| user.contains(':')) {
            return Err(faulty("has a password: put it into a secret"));
        }
        let path = uri
            .path_and_query()
            .map_or("/", hyper::http::uri::PathAndQuery::as_str);
        Ok(Self {
            scheme,
            host,
            port,
            user,
            path: path.to_owned(),
        })
    }

    /// `host:port`, which a TCP probe names.
    pub(crate) fn read_pair(text: &str) -> Result<Self, Fault> {
        let text = text.strip_prefix("tcp://").unwrap_or(text);
        Self::read(&format!("tcp://{text}"))
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "wss" | "rediss")
    }

    /// As the `Host` header has it.
    pub(crate) fn host_header(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match (self.scheme.as_str(), self.port) {
            ("https" | "wss", 443) | ("http" | "ws", 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        (&self.scheme, &self.host, self.port) == (&other.scheme, &other.host, other.port)
    }
}

/// How near a place is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// The internet.
    Public,
    /// This machine, or a network of ours.
    Private,
    /// Where clouds hand out credentials, and what is no place for a probe at all.
    LinkLocal,
}

/// How near an address is. IPv4 in IPv6 is what it is in IPv4.
pub(crate) fn place(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(v4) => place_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| place_v6(v6), place_v4),
    }
}

fn place_v4(address: Ipv4Addr) -> Place {
    let [first, second, ..] = address.octets();
    if address.is_link_local() || address.is_multicast() || address.is_broadcast() || first == 0 {
        Place::LinkLocal
    } else if address.is_loopback()
        || address.is_private()
        // Carriers' and clouds' own (RFC 6598).
        || (first == 100 && (64..128).contains(&second))
    {
        Place::Private
    } else {
        Place::Public
    }
}

fn place_v6(address: Ipv6Addr) -> Place {
    /// AWS's metadata service over IPv6 is in a private range, and still what it is.
    const METADATA: [Ipv6Addr; 2] = [
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    ];
    if address.is_unicast_link_local()
        || address.is_multicast()
        || address.is_unspecified()
        || METADATA.contains(&address)
    {
        Place::LinkLocal
    } else if address.is_loopback() || address.is_unique_local() {
        Place::Private
    } else {
        Place::Public
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("https://api.example/health?a=b", "api.example", 443, "/health?a=b")]
    #[test_case("http://api.example:8080", "api.example", 8080, "/")]
    #[test_case("wss://[::1]:9/x", "::1", 9, "/x")]
    #[test_case("postgres://u@db.example/hasivu", "db.example", 5432, "/hasivu")]
    #[test_case("rediss://cache.example", "cache.example", 6379, "/")]
    fn addresses_are_read(text: &str, host: &str, port: u16, path: &str) {
        let read = Address::read(text).unwrap();
        assert_eq!(
            (read.host.as_str(), read.port, read.path.as_str()),
            (host, port, path)
        );
    }

    #[test_case("not an address")]
    #[test_case("/path")]
    #[test_case("postgres://u:secret@db/x"; "a password")]
    fn what_is_no_address_is_named_without_its_text(text: &str) {
        let fault = Address::read(text).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Misconfigured);
        assert!(!fault.detail.contains("secret@"), "{fault}");
    }

    #[test_case("169.254.169.254", Place::LinkLocal; "metadata")]
    #[test_case("169.254.170.2", Place::LinkLocal; "a container's credentials")]
    #[test_case("::ffff:169.254.169.254", Place::LinkLocal; "metadata as IPv6")]
    #[test_case("fd00:ec2::254", Place::LinkLocal; "metadata over IPv6")]
    #[test_case("fe80::1", Place::LinkLocal)]
    #[test_case("0.0.0.0", Place::LinkLocal)]
    #[test_case("127.0.0.1", Place::Private)]
    #[test_case("10.0.3.7", Place::Private)]
    #[test_case("100.64.0.1", Place::Private)]
    #[test_case("fd12::1", Place::Private)]
    #[test_case("52.66.1.1", Place::Public)]
    #[test_case("2600::1", Place::Public)]
    fn places_are_told_apart(address: &str, expected: Place) {
        assert_eq!(place(address.parse().unwrap()), expected);
    }
}
