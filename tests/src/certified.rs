//! Certificates for servers that speak TLS, by an authority that nobody knows.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{CertificateParams, KeyPair};
use spindrift_test_kafka::authority;

/// A server's certificate, and who signed it. The files are in PEM.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The authority's certificate: what a client has to trust.
    pub authority: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The key to it.
    pub key: PathBuf,
}

impl Certified {
    /// Makes an authority and a certificate for one name or address, and writes them into a
    /// folder.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn make(folder: &Path, name: &str) -> Result<Self> {
        let authority = authority()?;
        let key = KeyPair::generate()?;
        let server = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, &authority)?;
        let written = |name: &str, text: String| -> Result<PathBuf> {
            let file = folder.join(name);
            fs::write(&file, text)?;
            // A server reads it as whom it runs as. The folder is not listed to others.
            fs::set_permissions(&file, Permissions::from_mode(0o644))?;
            Ok(file)
        };
        Ok(Self {
            authority: written("authority.pem", authority.pem())?,
            certificate: written("certificate.pem", server.pem())?,
            key: written("key.pem", key.serialize_pem())?,
        })
    }
}
