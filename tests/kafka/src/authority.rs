//! An authority that nobody knows, for certificates of servers that tests start.

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// Makes one.
///
/// # Errors
/// There is no key for it.
pub fn authority() -> Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = CertificateParams::new(Vec::new())?;
    // Another name than certificates have, which would pass for self-signed.
    params
        .distinguished_name
        .push(DnType::CommonName, "Spindrift test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}
