//! The names of images.

use oci_client::Reference;

use crate::digest::Digest;
use crate::error::Error;

/// Reads a name as Docker does: `HOST[:PORT]/REPOSITORY[:TAG]`, with the tag `latest`
/// when none is given, and `docker.io` for a host.
///
/// # Errors
///
/// It is malformed, or names a digest, which is only known when the image is there.
pub fn reference(name: &str) -> Result<Reference, Error> {
    let refuse = |why: String| Error::Name {
        name: name.to_owned(),
        why,
    };
    let reference: Reference = name
        .parse()
        .map_err(|e: oci_client::ParseError| refuse(e.to_string()))?;
    match reference.digest() {
        None => Ok(reference),
        Some(_) => Err(refuse("a digest is what comes out".to_owned())),
    }
}

/// `HOST/REPOSITORY@sha256:...`: the one image, whatever the tag stands for later.
pub fn by_digest(reference: &Reference, digest: &Digest) -> String {
    format!(
        "{}/{}@{digest}",
        reference.registry(),
        reference.repository()
    )
}

/// Whether a registry, `host[:port]`, is on this machine, and so spoken to without TLS.
pub(crate) fn is_loopback(registry: &str) -> bool {
    let host = match registry.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => registry.split(':').next().unwrap_or(registry),
    };
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_wrong_is_told_how_to_be_right() {
        for name in ["", "Upper/Case", "a b", "host/x@sha256:00"] {
            let error = reference(name).unwrap_err().to_string();
            assert!(error.contains("HOST/REPOSITORY"), "{error}");
        }
    }

    #[test]
    fn this_machine_needs_no_tls() {
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:5000",
            "127.3.2.1",
            "[::1]:5000",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["example.com", "localhost.example:5000", "10.0.0.1:5000"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
