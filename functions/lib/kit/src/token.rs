//! Access tokens: JWT (RFC 7519) signed with Ed25519 (RFC 8037).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How long an access token lives, in seconds.
pub const LIFETIME: i64 = 15 * 60;

/// What an access token says. Times are seconds since 1970 (`NumericDate`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Whose it is: the person's id.
    pub sub: Uuid,
    /// The sign-in that it comes from: the refresh family's id.
    pub sid: Uuid,
    /// When it was made.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not three parts, not base64url, not JSON, or missing claims.
    #[error("the access token can't be read")]
    Malformed,
    /// Made with another key or algorithm, or changed since.
    #[error("the access token was not made here")]
    Forged,
    /// Past its time.
    #[error("the access token has expired")]
    Expired,
}

/// The application's key could not be read from the variable `jwt_key`.
#[derive(Debug, thiserror::Error)]
#[error("variable `jwt_key` has to be 32 bytes in base64url without padding")]
pub struct KeyError;

/// The key pair, and the header that every token of this key has.
pub struct Keys {
    signing: SigningKey,
    verifying: VerifyingKey,
    header: String,
}

impl Keys {
    /// From the variable's value: an Ed25519 seed in base64url without padding.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it is not 32 bytes of that.
    pub fn from_seed(seed: &str) -> Result<Self, KeyError> {
        let bytes = URL_SAFE_NO_PAD.decode(seed.trim()).map_err(|_| KeyError)?;
        let signing = SigningKey::from_bytes(&bytes.try_into().map_err(|_| KeyError)?);
        let verifying = signing.verifying_key();
        let kid = thumbprint(&verifying);
        let header =
            URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#));
        Ok(Self {
            signing,
            verifying,
            header,
        })
    }

    /// Makes a token.
    pub fn sign(&self, claims: &Claims) -> String {
        // Two ids and two numbers always serialise.
        let claims = serde_json::to_vec(claims).unwrap_or_default();
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.signing.sign(message.as_bytes()).to_bytes());
        format!("{message}.{signature}")
    }

    /// Checks a token at the time `now` (seconds since 1970).
    ///
    /// # Errors
    ///
    /// [`TokenError`] says which check failed first.
    pub fn verify(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;
        // One key, one header: what differs has another algorithm or key.
        if header != self.header {
            return Err(TokenError::Forged);
        }
        let signature = decode(signature)?;
        let signature = Signature::from_slice(&signature).map_err(|_| TokenError::Malformed)?;
        self.verifying
            .verify_strict(message.as_bytes(), &signature)
            .map_err(|_| TokenError::Forged)?;
        let claims: Claims =
            serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Malformed)?;
        if claims.exp <= now {
            Err(TokenError::Expired)
        } else {
            Ok(claims)
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed)
}

/// The key's name: its JWK thumbprint (RFC 7638).
fn thumbprint(key: &VerifyingKey) -> String {
    let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(byte: u8) -> Keys {
        Keys::from_seed(&URL_SAFE_NO_PAD.encode([byte; 32])).unwrap()
    }

    fn claims() -> Claims {
        Claims {
            sub: Uuid::from_u128(1),
            sid: Uuid::from_u128(2),
            iat: 1000,
            exp: 1000 + LIFETIME,
        }
    }

    #[test]
    fn a_token_comes_back_as_it_was_signed() {
        let token = keys(1).sign(&claims());
        assert_eq!(keys(1).verify(&token, 1000).unwrap(), claims());
    }

    #[test]
    fn a_token_ends_at_its_second() {
        let token = keys(1).sign(&claims());
        assert!(keys(1).verify(&token, 1000 + LIFETIME - 1).is_ok());
        assert_eq!(
            keys(1).verify(&token, 1000 + LIFETIME),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn a_token_of_another_key_is_forged() {
        let token = keys(2).sign(&claims());
        assert_eq!(keys(1).verify(&token, 1000), Err(TokenError::Forged));
    }

    #[test]
    fn no_character_of_a_token_can_be_changed() {
        let token = keys(1).sign(&claims());
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            // The last character's low bits are padding, which base64 refuses.
            assert!(keys(1).verify(&changed, 1000).is_err(), "place {place}");
        }
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims()).unwrap());
        for token in [
            format!("{header}.{body}."),
            format!("{header}.{body}"),
            String::new(),
        ] {
            assert!(keys(1).verify(&token, 1000).is_err());
        }
    }

    #[test]
    fn a_key_of_the_wrong_size_is_refused() {
        assert!(Keys::from_seed("c2hvcnQ").is_err());
        assert!(Keys::from_seed("not base64!").is_err());
    }
}
