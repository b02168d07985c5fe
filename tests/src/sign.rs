//! Signature Version 4, for requests without a query string in their path. It is what AWS documents and no more.

use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Who signs, and for what.
pub(crate) struct Signer<'a> {
    pub(crate) access_key: &'a str,
    pub(crate) secret_key: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// The parts of a request that the signature covers.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
}

/// The two headers that make a request a signed one.
pub(crate) struct Signature {
    pub(crate) date: String,
    pub(crate) authorization: String,
}

impl Signer<'_> {
    pub(crate) fn sign(&self, request: &Request<'_>, now: Timestamp) -> Result<Signature> {
        let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let day = now.strftime("%Y%m%d").to_string();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let canonical = format!(
            "{}\n{}\n\nhost:{}\nx-amz-date:{date}\n\nhost;x-amz-date\n{}",
            request.method,
            request.path,
            request.host,
            hex::encode(Sha256::digest(request.body)),
        );
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
            hex::encode(Sha256::digest(canonical.as_bytes())),
        );

        let mut key = hmac(format!("AWS4{}", self.secret_key).as_bytes(), &day)?;
        for part in [self.region, self.service, "aws4_request"] {
            key = hmac(&key, part)?;
        }
        let signature = hex::encode(hmac(&key, &to_sign)?);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}",
            self.access_key,
        );
        Ok(Signature {
            date,
            authorization,
        })
    }
}

fn hmac(key: &[u8], message: &str) -> Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).context("HMAC takes keys of any length")?;
    mac.update(message.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key derivation of AWS's own documentation of Signature Version 4.
    #[test]
    fn derives_the_documented_key() {
        let mut key = hmac(b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830").unwrap();
        for part in ["us-east-1", "iam", "aws4_request"] {
            key = hmac(&key, part).unwrap();
        }
        assert_eq!(
            hex::encode(key),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"
        );
    }
}
