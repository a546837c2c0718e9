//! Refresh tokens: opaque, and kept nowhere but with their owner.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kit::Problem;
use sha2::{Digest as _, Sha256};
use store::sessions::Hash;

const FAMILY: usize = 16;
const SECRET: usize = 32;

/// A name that a whole session keeps, and a secret of 256 bits that is exchanged at
/// every use. A right name with a wrong secret is therefore an older token, and
/// somebody has a copy.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    family: [u8; FAMILY],
    secret: [u8; SECRET],
}

impl RefreshToken {
    /// The first token of a session.
    pub(crate) fn new() -> Result<Self, Problem> {
        Ok(Self {
            family: random()?,
            secret: random()?,
        })
    }

    /// The token that takes this one's place.
    pub(crate) fn next(&self) -> Result<Self, Problem> {
        Ok(Self {
            family: self.family,
            secret: random()?,
        })
    }

    /// Reads a token. `None`: it is none of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (family, secret) = bytes.split_at_checked(FAMILY)?;
        Some(Self {
            family: family.try_into().ok()?,
            secret: secret.try_into().ok()?,
        })
    }

    /// The token as its owner gets it: 64 characters that fit into a cookie.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.family[..], &self.secret[..]].concat())
    }

    /// What the database knows of the name.
    pub(crate) fn family_hash(&self) -> Hash {
        Sha256::digest(self.family).into()
    }

    /// What the database knows of the secret. Nothing slower is needed: nobody
    /// guesses 256 random bits.
    pub(crate) fn secret_hash(&self) -> Hash {
        Sha256::digest(self.secret).into()
    }
}

fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Problem::internal(format!("no randomness: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_as_it_was_written() {
        let token = RefreshToken::new().unwrap();
        let text = token.to_text();
        assert_eq!(text.len(), 64);
        assert!(RefreshToken::parse(&text).unwrap() == token);
    }

    #[test]
    fn the_next_token_keeps_the_family_and_changes_the_secret() {
        let token = RefreshToken::new().unwrap();
        let next = token.next().unwrap();
        assert_eq!(next.family_hash(), token.family_hash());
        assert_ne!(next.secret_hash(), token.secret_hash());
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let token = RefreshToken::new().unwrap().to_text();
        for text in [
            "",
            "x",
            &token[1..],
            &format!("{token}AAAA"),
            &token.replace(&token[..1], "!"),
        ] {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }
}
