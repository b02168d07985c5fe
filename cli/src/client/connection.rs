//! Where the API is, how long to wait for it, and by what it knows the caller.

use std::path::PathBuf;
use std::time::Duration;

use super::http::Client;
use super::{Failure, duration, secret_file};

/// Which stack is asked, and as whom.
#[derive(clap::Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// Where the API is; default: $TOCSIN_URL
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The file with the token; default: the token $TOCSIN_TOKEN, else the file $TOCSIN_TOKEN_FILE
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// How long to try, all told
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    timeout: String,
    /// Send the token even over plain HTTP, as to a local AWS in a container
    #[arg(long)]
    allow_http: bool,
}

impl Connection {
    /// A client for it. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address, the token or the time is missing or wrong.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let timeout = duration(&self.timeout)
            .ok()
            .and_then(|timeout| Duration::try_from(timeout).ok())
            .ok_or_else(|| {
                Failure::Usage("--timeout wants a duration such as 30s or 2m".to_owned())
            })?;
        let base = self.base()?;
        let token = secret_file::token(self.token_file.as_deref())?;
        Client::new(base, token, timeout)
    }

    fn base(&self) -> Result<String, Failure> {
        let given = self
            .url
            .clone()
            .or_else(|| std::env::var("TOCSIN_URL").ok())
            .filter(|url| !url.trim().is_empty());
        let Some(given) = given else {
            return Err(Failure::Usage(
                "it is not known where the API is: set TOCSIN_URL or give --url, such as https://oncall.example.com"
                    .to_owned(),
            ));
        };
        base(&given, self.allow_http).map_err(Failure::Usage)
    }
}

/// The address without what belongs behind it.
fn base(given: &str, allow_http: bool) -> Result<String, String> {
    let given = given.trim();
    let wrong = |why: &str| Err(format!("the address of the API {why}"));
    let (scheme, rest) = given.split_once("://").unwrap_or_default();
    let (authority, _path) = rest.split_once('/').unwrap_or((rest, ""));
    // An address with a password would put it into every message of a failure.
    if authority.contains('@') {
        return wrong("has a user name in it: a token is all that is needed");
    }
    if authority.is_empty() || rest.contains(['?', '#', ' ', '\\']) {
        return wrong("is not like https://oncall.example.com: give the part before /v1");
    }
    let is_plain = scheme.eq_ignore_ascii_case("http");
    if !is_plain && !scheme.eq_ignore_ascii_case("https") {
        return wrong("starts with neither https:// nor http://");
    }
    if is_plain && !allow_http && !is_this_machine(authority) {
        return wrong(
            "is plain HTTP, which would show the token to the network: use https, or --allow-http if you mean it",
        );
    }
    let given = given.trim_end_matches('/');
    Ok(given.strip_suffix("/v1").unwrap_or(given).to_owned())
}

fn is_this_machine(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) | None => authority,
    };
    let host = host.to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("https://a.example.com/", Some("https://a.example.com"))]
    #[test_case("https://a.example.com/v1/", Some("https://a.example.com"))]
    #[test_case("https://a.example.com/stage", Some("https://a.example.com/stage"))]
    #[test_case("http://127.0.0.1:8080", Some("http://127.0.0.1:8080"))]
    #[test_case("http://api.localhost:4566", Some("http://api.localhost:4566"))]
    #[test_case("http://[::1]:80", Some("http://[::1]:80"))]
    #[test_case("http://a.example.com", None; "plain")]
    #[test_case("http://127.0.0.1.example.com", None; "a name that only looks like this machine")]
    #[test_case("https://me:secret@a.example.com", None; "password")]
    #[test_case("a.example.com", None; "no scheme")]
    #[test_case("https://", None; "no host")]
    #[test_case("https://a.example.com/?x=1", None; "query")]
    fn takes_the_address_of_an_api(given: &str, taken: Option<&str>) {
        assert_eq!(base(given, false).ok().as_deref(), taken);
        if taken.is_none() {
            assert!(!base(given, false).unwrap_err().contains("secret"));
        }
    }

    #[test]
    fn plain_http_has_to_be_meant() {
        assert!(base("http://172.17.0.1:4566", false).is_err());
        assert!(base("http://172.17.0.1:4566", true).is_ok());
    }
}
