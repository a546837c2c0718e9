//! TLS to PostgreSQL and others, by rustls.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme,
    WantsVerifier,
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

/// Where systems keep the certificates they trust.
const SYSTEM_FILES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// Whom to believe who a server is.
#[derive(Clone, Copy, Debug)]
pub enum Authorities<'a> {
    /// `PGSSLROOTCERT` when that is set, else the public ones and those that this
    /// system trusts (`SSL_CERT_FILE`, or the system's own file).
    Usual,
    /// Those in this file, PEM.
    File(&'a Path),
    /// Those in this text, PEM.
    Pem(&'a str),
}

/// What goes between the driver and its socket, for this `sslmode`.
///
/// - `require`: the server must speak TLS with a certificate for its host that
///   leads to one of `authorities`. This is libpq's `verify-full`: encryption to
///   somebody unknown protects little.
/// - `prefer`, the driver's default: TLS when the server offers it, with any
///   certificate, as in libpq. It resists a listener, not an impostor.
/// - `disable`: never used by the driver.
///
/// # Errors
/// [`Error::Tls`] or [`Error::File`] when the certificates that were named cannot be read.
pub fn connector(mode: SslMode, authorities: Authorities<'_>) -> Result<MakeRustlsConnect, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = builder(Arc::clone(&provider))?;
    let config = if mode == SslMode::Require {
        builder
            .with_root_certificates(roots(authorities)?)
            .with_no_client_auth()
    } else {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(config))
}

/// TLS to servers other than PostgreSQL: with a certificate for their host that leads to
/// one of the public authorities, or of those that this system trusts (`SSL_CERT_FILE`, or
/// the system's own file). They are read once: there are hundreds of them.
///
/// # Errors
/// [`Error::Tls`] or [`Error::File`] when the certificates cannot be read.
pub fn client() -> Result<Arc<ClientConfig>, Error> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore::empty();
    add_usual(&mut roots)?;
    let builder = builder(Arc::new(ring::default_provider()))?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

/// Whom this system trusts beside the public authorities (`SSL_CERT_FILE`, or the system's
/// own file), for drivers that make TLS by themselves. They are read once; what rustls
/// cannot use is left out.
///
/// # Errors
/// [`Error::Tls`] or [`Error::File`] when the certificates cannot be read.
pub fn trusted() -> Result<&'static [CertificateDer<'static>], Error> {
    static TRUSTED: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    if let Some(trusted) = TRUSTED.get() {
        return Ok(trusted.as_slice());
    }
    let mut found = match trusted_file() {
        Some(path) => parse(&read(&path)?, &path.display().to_string())?,
        None => Vec::new(),
    };
    found.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
    Ok(TRUSTED.get_or_init(|| found).as_slice())
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| Error::Tls(cause.to_string()))
}

fn roots(authorities: Authorities<'_>) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    match (authorities, variable("PGSSLROOTCERT")) {
        (Authorities::Pem(pem), _) => add(&mut roots, pem.as_bytes(), "the given PEM text")?,
        (Authorities::File(path), _) => add_file(&mut roots, path)?,
        (Authorities::Usual, Some(path)) => add_file(&mut roots, &path)?,
        (Authorities::Usual, None) => add_usual(&mut roots)?,
    }
    Ok(roots)
}

fn add_usual(roots: &mut RootCertStore) -> Result<(), Error> {
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    match trusted_file() {
        Some(path) => add_file(roots, &path),
        None => Ok(()),
    }
}

/// The file with whom to believe that programs of PostgreSQL's are told of, which have no
/// authorities of their own.
pub(crate) fn usual_file() -> Option<PathBuf> {
    variable("PGSSLROOTCERT").or_else(trusted_file)
}

/// The file with those whom this system trusts.
fn trusted_file() -> Option<PathBuf> {
    variable("SSL_CERT_FILE").or_else(system_file)
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn system_file() -> Option<PathBuf> {
    let mut files = SYSTEM_FILES.iter().map(PathBuf::from);
    files.find(|path| path.is_file())
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), Error> {
    add(roots, &read(path)?, &path.display().to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::file("read the certificates in", path))
}

fn add(roots: &mut RootCertStore, pem: &[u8], origin: &str) -> Result<(), Error> {
    let certificates = parse(pem, origin)?;
    // A system's file may hold a certificate that rustls does not take; the others still count.
    if roots.add_parsable_certificates(certificates).0 == 0 {
        return Err(Error::Tls(format!("there is no certificate in {origin}")));
    }
    Ok(())
}

fn parse(pem: &[u8], origin: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.map_err(|cause| Error::Tls(format!("{origin} is not PEM: {cause}")))
}

/// Takes any certificate whose key the server holds: `sslmode=prefer`.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
