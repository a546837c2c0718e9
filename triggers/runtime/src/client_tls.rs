//! How functions greet servers by TLS: whom they believe, and what they show of themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Authorities to believe who a server is; at first none.
#[derive(Debug)]
pub struct Authorities(RootCertStore);

impl Default for Authorities {
    fn default() -> Self {
        Self(RootCertStore::empty())
    }
}

impl Authorities {
    /// Adds those that browsers trust.
    pub fn add_public(&mut self) {
        self.0
            .extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }

    /// Adds those of a text in PEM.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn add(&mut self, pem: &[u8]) -> Result<(), String> {
        for certificate in certificates(pem)? {
            self.0
                .add(certificate)
                .map_err(|error| format!("has a certificate that cannot be used: {error}"))?;
        }
        Ok(())
    }
}

/// The certificates of a text in PEM, of which there is one at least.
///
/// # Errors
///
/// What is wrong with it, in words.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => {
            Err("has no certificate: name a file in PEM, `-----BEGIN CERTIFICATE-----`".to_owned())
        }
        Ok(found) => Ok(found),
        Err(error) => Err(format!("is not PEM: {error}")),
    }
}

/// The private key of a text in PEM.
///
/// # Errors
///
/// What is wrong with it, in words that show nothing of it.
pub fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    // What the reader says may have a piece of the text.
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        "has no private key: name a file in PEM, `-----BEGIN PRIVATE KEY-----`, that is not \
         encrypted"
            .to_owned()
    })
}

/// One way to greet a server. Sessions are resumed within it alone.
#[derive(Clone)]
pub struct Identity(Arc<ClientConfig>);

impl Identity {
    /// Believes these authorities, and shows a certificate, with those that vouch for it
    /// behind it, to servers that ask for one.
    ///
    /// # Errors
    ///
    /// The key does not fit the certificate; in words.
    pub fn new(
        authorities: Authorities,
        shown: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    ) -> Result<Self, String> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(authorities.0);
        let config = match shown {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| format!("cannot be used with the certificate: {error}"))?,
        };
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        self.0.clone()
    }
}

/// How components greet the servers that somebody said it of; how they greet others is
/// not said here.
#[derive(Clone, Default)]
pub struct ClientTls(BTreeMap<(String, String), Identity>);

impl ClientTls {
    /// Says how a component greets a server.
    ///
    /// # Errors
    ///
    /// `host` is no name and no address of a server, or it was said before; in words.
    pub fn add(&mut self, component: &str, host: &str, identity: &Identity) -> Result<(), String> {
        let host = plain(host);
        if ServerName::try_from(host.as_str()).is_err() {
            return Err(
                "must be the name or the address of a server, without scheme and port: write \
                 \"example.com\""
                    .to_owned(),
            );
        }
        let place = (component.to_owned(), host);
        if self.0.contains_key(&place) {
            let (component, host) = place;
            return Err(format!(
                "says a second time how component \"{component}\" greets {host}: remove it here \
                 or there"
            ));
        }
        self.0.insert(place, identity.clone());
        Ok(())
    }

    /// How one component greets servers, by their names.
    pub(crate) fn of(&self, component: &str) -> Greetings {
        let own = self.0.iter().filter(|((of, _), _)| of == component);
        Greetings(
            own.map(|((_, host), identity)| (host.clone(), identity.clone()))
                .collect(),
        )
    }
}

// Keys are nobody's to see.
impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// How one component greets servers.
pub(crate) struct Greetings(BTreeMap<String, Identity>);

impl Greetings {
    /// How it greets the server that a URL names, if that was said.
    pub(crate) fn to(&self, host: &str) -> Option<&Identity> {
        match self.0.is_empty() {
            true => None,
            false => self.0.get(&plain(host)),
        }
    }
}

/// A host as it is compared: as `allowed_outbound_hosts` compares it.
fn plain(host: &str) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.strip_suffix('.').unwrap_or(bare);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => bare.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn believing_the_public() -> Identity {
        let mut authorities = Authorities::default();
        authorities.add_public();
        Identity::new(authorities, None).unwrap()
    }

    #[test]
    fn a_component_greets_the_hosts_that_were_named_and_no_other_does() {
        let mut all = ClientTls::default();
        let identity = believing_the_public();
        for host in ["Example.com", "127.0.0.1", "[::1]"] {
            all.add("one", host, &identity).unwrap();
        }
        let greetings = all.of("one");
        for host in [
            "example.com",
            "EXAMPLE.COM.",
            "127.0.0.1",
            "[::1]",
            "[0::1]",
        ] {
            assert!(greetings.to(host).is_some(), "{host}");
        }
        for host in ["example.org", "www.example.com", "127.0.0.2", ""] {
            assert!(greetings.to(host).is_none(), "{host}");
        }
        assert!(all.of("two").to("example.com").is_none());
    }

    #[test]
    fn what_is_no_host_or_is_said_twice_is_refused() {
        let mut all = ClientTls::default();
        let identity = believing_the_public();
        for host in [
            "https://example.com",
            "example.com:443",
            "*.example.com",
            "",
        ] {
            let message = all.add("one", host, &identity).unwrap_err();
            assert!(message.contains("example.com"), "{host}: {message}");
        }
        all.add("one", "example.com", &identity).unwrap();
        all.add("two", "example.com", &identity).unwrap();
        let message = all.add("one", "EXAMPLE.com", &identity).unwrap_err();
        assert!(message.contains("a second time"), "{message}");
    }

    #[test]
    fn what_is_no_pem_is_told_without_its_words() {
        assert!(certificates(b"hidden").is_err());
        assert!(Authorities::default().add(b"").is_err());
        for text in ["hidden", "-----BEGIN PRIVATE KEY-----\nhidden\n"] {
            let message = private_key(text.as_bytes()).unwrap_err();
            assert!(!message.contains("hidden"), "{message}");
        }
    }
}
