//! Access tokens made by hand (RFC 7519, RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The key of the application under test: 32 bytes of 7, as its variable has them.
pub const SEED: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
const KEY: [u8; 32] = [7; 32];

/// A token with these claims, signed with the application's key.
pub fn sign(claims: &Value) -> String {
    sign_with(&KEY, "EdDSA", claims)
}

/// A token signed with a key of somebody else's.
pub fn forge(claims: &Value) -> String {
    sign_with(&[8; 32], "EdDSA", claims)
}

/// A token that says it needs no signature.
pub fn unsigned(claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The claims in a token, whoever signed it; null when it is none.
pub fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap_or("");
    let bytes = URL_SAFE_NO_PAD.decode(body).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn sign_with(seed: &[u8; 32], algorithm: &str, claims: &Value) -> String {
    let key = SigningKey::from_bytes(seed);
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    // The key's name is its thumbprint (RFC 7638).
    let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(format!(
        r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#
    )));
    let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":"{kid}"}}"#);
    let parts = [header, json!(claims).to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
    let message = parts.join(".");
    format!(
        "{message}.{}",
        URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).to_bytes())
    )
}
