//! An authority and a certificate for the brokers.

use std::fs;
use std::path::Path;

use anyhow::Result;
use rcgen::{CertificateParams, KeyPair};

use crate::authority::authority;

/// The authority's certificate, which clients are to trust.
pub(crate) const AUTHORITY: &str = "ca.pem";

/// The brokers' key and certificate in one file, as Kafka reads it.
pub(crate) const BROKER: &str = "broker.pem";

/// Writes both into a folder.
pub(crate) fn make(folder: &Path) -> Result<()> {
    let authority = authority()?;
    let key = KeyPair::generate()?;
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let broker = CertificateParams::new(names)?.signed_by(&key, &authority)?;
    fs::write(folder.join(AUTHORITY), authority.pem())?;
    let both = format!("{}{}", key.serialize_pem(), broker.pem());
    fs::write(folder.join(BROKER), both)?;
    Ok(())
}
