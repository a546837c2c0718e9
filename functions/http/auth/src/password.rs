//! Passwords at rest: argon2id, as PHC strings.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use kit::Problem;

/// The least that OWASP's Password Storage Cheat Sheet asks for: memory in KiB,
/// passes, lanes.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What to compare with when there is no account: nobody's password, at the price of
/// anybody's, so that the time to the answer tells nothing.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4uLg\
                      $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Wrong,
    Right,
    /// Right, and the hash was made with other parameters than today's.
    RightButOld,
}

/// Hashes a password with a salt of its own.
pub(crate) fn hash(password: &str) -> Result<String, Problem> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| failed(&error))?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| failed(&error))?;
    let hash = hasher()?.hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| failed(&error))?.to_string())
}

/// Compares a password with a hash, or with nobody's. Takes the same time in both
/// cases, as long as the hash is of today's parameters.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> Result<Verdict, Problem> {
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY)).map_err(|error| failed(&error))?;
    let matches = hasher()?
        .verify_password(password.as_bytes(), &parsed)
        .is_ok();
    Ok(match (matches && hash.is_some(), is_current(&parsed)) {
        (false, _) => Verdict::Wrong,
        (true, true) => Verdict::Right,
        (true, false) => Verdict::RightButOld,
    })
}

fn is_current(hash: &PasswordHash<'_>) -> bool {
    let params = Params::try_from(hash);
    hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && params.is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY, PASSES, LANES)
        })
}

fn hasher() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|error| failed(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    Problem::internal(format!("a password can't be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_is_right_and_any_other_wrong() {
        let hash = hash("correct horse").unwrap();
        assert_eq!(
            verify("correct horse", Some(&hash)).unwrap(),
            Verdict::Right
        );
        assert_eq!(
            verify("correct horsf", Some(&hash)).unwrap(),
            Verdict::Wrong
        );
    }

    #[test]
    fn no_two_hashes_of_one_password_are_alike() {
        assert_ne!(
            hash("correct horse").unwrap(),
            hash("correct horse").unwrap()
        );
    }

    #[test]
    fn nobody_s_hash_costs_as_much_as_anybody_s() {
        assert!(is_current(&PasswordHash::new(NOBODY).unwrap()));
        assert_eq!(verify("correct horse", None).unwrap(), Verdict::Wrong);
    }

    #[test]
    fn a_hash_of_weaker_parameters_is_to_be_replaced() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8_192, 1, 1, None).unwrap(),
        );
        let salt = SaltString::encode_b64(b"sixteen bytes ok").unwrap();
        let hash = weak
            .hash_password(b"correct horse", &salt)
            .unwrap()
            .to_string();
        assert_eq!(
            verify("correct horse", Some(&hash)).unwrap(),
            Verdict::RightButOld
        );
        assert_eq!(verify("wrong horse", Some(&hash)).unwrap(), Verdict::Wrong);
    }
}
