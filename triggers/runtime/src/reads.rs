//! Which headers, of those that are added to its requests, a component can ask for.
//!
//! Every header of a request is copied into the function and made into a value of its
//! language there, which for a small function takes longer than all that it does. Most
//! ask for none of the headers that are added by whoever calls them. Who asks for one
//! has its name somewhere in its code, and who has the name nowhere never asks.

use aho_corasick::{AhoCorasick, BuildError};

/// The headers that are added for a component, by what its code names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Spin's, such as `spin-full-url`: all of them, when one is named.
    pub spin: bool,
    /// `traceparent`.
    pub trace: bool,
    /// `x-request-id`.
    pub request_id: bool,
}

/// The words for the three, as they are stored.
const WORDS: [&str; 3] = ["spin", "trace", "request-id"];

/// The names, and which of the three each belongs to.
const NAMES: [(&str, usize); 10] = [
    ("spin-full-url", 0),
    ("spin-path-info", 0),
    ("spin-matched-route", 0),
    ("spin-component-route", 0),
    ("spin-raw-component-route", 0),
    ("spin-base-path", 0),
    ("spin-client-addr", 0),
    ("spin-path-match-", 0),
    ("traceparent", 1),
    ("x-request-id", 2),
];

impl Reads {
    /// Every one of them.
    pub(crate) const ALL: Self = Self {
        spin: true,
        trace: true,
        request_id: true,
    };

    /// What the code of a component names, in upper or lower case, and in characters of
    /// one or of two bytes, as JavaScript has them.
    ///
    /// # Errors
    ///
    /// The search cannot be set up.
    pub(crate) fn of(wasm: &[u8]) -> Result<Self, BuildError> {
        let wide = |name: &str| {
            let bytes = name.bytes().flat_map(|byte| [byte, 0]);
            bytes.take(2 * name.len() - 1).collect()
        };
        let names = NAMES.iter().map(|(name, _)| name.as_bytes().to_vec());
        let patterns = names.chain(NAMES.iter().map(|(name, _)| wide(name)));
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(patterns)?;
        let mut found = [false; 3];
        for hit in search.find_iter(wasm) {
            let (_, kind) = NAMES[hit.pattern().as_usize() % NAMES.len()];
            found[kind] = true;
        }
        Ok(Self::from(found))
    }

    /// As it is stored.
    pub(crate) fn words(self) -> String {
        let kinds = [self.spin, self.trace, self.request_id];
        let words = WORDS.iter().zip(kinds);
        let words: Vec<&str> = words.filter_map(|(word, is)| is.then_some(*word)).collect();
        words.join(" ")
    }

    /// What was stored.
    pub(crate) fn parse(words: &str) -> Self {
        let named = |word| words.split(' ').any(|one| one == word);
        Self::from(WORDS.map(named))
    }
}

impl From<[bool; 3]> for Reads {
    fn from([spin, trace, request_id]: [bool; 3]) -> Self {
        Self {
            spin,
            trace,
            request_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(code: &[u8]) -> String {
        Reads::of(code).unwrap().words()
    }

    #[test]
    fn what_is_named_in_the_code_is_read() {
        assert_eq!(named(b"\0asm, spin-sdk, and no header"), "");
        assert_eq!(named(b"\0asm...spin-path-match-..."), "spin");
        assert_eq!(named(b"headers.get('Spin-Full-Url')"), "spin");
        assert_eq!(named(b"TraceParent, X-Request-ID"), "trace request-id");
        assert_eq!(named(b"..t\0r\0a\0c\0e\0p\0a\0r\0e\0n\0t\0"), "trace");
        assert_eq!(named(b"ce-traceparentspin-client-addr"), "spin trace");
    }

    #[test]
    fn what_is_stored_is_understood() {
        for kinds in 0..8 {
            let reads = Reads::from([kinds & 1 > 0, kinds & 2 > 0, kinds & 4 > 0]);
            assert_eq!(Reads::parse(&reads.words()), reads);
        }
        assert_eq!(Reads::parse(""), Reads::default());
    }
}
