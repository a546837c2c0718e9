//! The id that a request is known by, in logs, answers and functions.

use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header that carries it, both ways.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's id when it is a sane token (1 to 128 of `A-Z a-z 0-9 . _ -`),
/// a new one otherwise.
pub(crate) fn of(headers: &HeaderMap) -> Arc<str> {
    let sane = |id: &&str| {
        (1..=128).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    match headers
        .get(HEADER)
        .and_then(|v| v.to_str().ok())
        .filter(sane)
    {
        Some(id) => id.into(),
        None => Uuid::now_v7()
            .simple()
            .encode_lower(&mut Uuid::encode_buffer())[..]
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(id: &str) -> Arc<str> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, id.parse().unwrap());
        of(&headers)
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        assert_eq!(&*with("abc-1.2_3"), "abc-1.2_3");
        for id in ["", "a b", "<script>", &"x".repeat(129)] {
            assert_eq!(with(id).len(), 32, "{id}");
        }
    }

    #[test]
    fn without_one_each_request_gets_its_own() {
        assert_ne!(of(&HeaderMap::new()), of(&HeaderMap::new()));
    }
}
