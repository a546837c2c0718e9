//! TLS: certificates from files, which are read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The protocols that are offered, the preferred one first (ALPN, RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// What a listener with TLS shows its callers. Clones share it.
#[derive(Clone, Debug)]
pub struct Tls {
    files: Files,
    config: Arc<ServerConfig>,
    shown: Arc<Shown>,
}

/// Where the certificate and its key are, in PEM.
#[derive(Clone, Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {cause}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A file holds something else.
    #[error("{path} holds no {what} in PEM: {reason}", path = .path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// They cannot be used together.
    #[error("the certificate in {certificate} cannot be shown with the key in {key}: {reason}",
        certificate = .certificate.display(), key = .key.display())]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Tls {
    /// Reads a certificate, with those that vouch for it behind it, and its key.
    ///
    /// # Errors
    ///
    /// [`TlsError`], which names the file.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let shown = Arc::new(Shown(RwLock::new(Arc::new(files.read()?.pair(&files)?))));
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| files.unfit(&error))?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self {
            files,
            config: Arc::new(config),
            shown,
        })
    }

    /// Shows what is in the files for as long as it is polled. What cannot be used is
    /// logged, and what was shown before goes on being shown.
    pub async fn watch(self) {
        let mut seen = self.files.read().ok();
        loop {
            tokio::time::sleep(LOOK).await;
            let found = self.files.read();
            // Of two files one is written first: what does not fit together yet may do
            // so at the next look.
            if found.as_ref().ok() == seen.as_ref() {
                continue;
            }
            let pair = found.and_then(|found| {
                let pair = found.pair(&self.files);
                seen = Some(found);
                pair
            });
            match pair {
                Ok(pair) => {
                    *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                    let certificate = self.files.certificate.display();
                    tracing::info!(%certificate, "certificate renewed");
                }
                Err(error) => tracing::error!(%error, "the certificate from before stays"),
            }
        }
    }

    /// Greets a caller. Nothing for one that speaks no TLS, or not as it has to.
    pub(crate) async fn greet<S>(&self, stream: S) -> Option<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let greeted = TlsAcceptor::from(self.config.clone()).accept(stream).await;
        greeted
            .inspect_err(|error| tracing::debug!(%error, "TLS handshake"))
            .ok()
    }
}

impl Files {
    fn read(&self) -> Result<Found, TlsError> {
        let read = |path: &PathBuf| {
            let path = path.clone();
            std::fs::read(&path).map_err(|cause| TlsError::Read { path, cause })
        };
        Ok(Found {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
        })
    }

    fn unfit(&self, error: &rustls::Error) -> TlsError {
        TlsError::Pair {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            reason: error.to_string(),
        }
    }
}

/// What is in the files.
#[derive(PartialEq, Eq)]
struct Found {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Found {
    fn pair(&self, files: &Files) -> Result<CertifiedKey, TlsError> {
        let not = |path: &Path, what, reason: String| TlsError::Pem {
            path: path.to_owned(),
            what,
            reason,
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = match chain {
            Ok(chain) if chain.is_empty() => Err("there is none".to_owned()),
            Ok(chain) => Ok(chain),
            Err(error) => Err(error.to_string()),
        };
        let chain = chain.map_err(|reason| not(&files.certificate, "certificate", reason))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|error| not(&files.key, "private key", error.to_string()))?;
        CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|error| files.unfit(&error))
    }
}

/// What callers are shown now.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(
            self.0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }
}
