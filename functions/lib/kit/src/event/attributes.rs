//! The attributes of an event.

use std::collections::BTreeMap;

use http::HeaderMap;

use crate::Problem;

/// The most that a required attribute may have, in bytes: the inbox has an index
/// over them, and PostgreSQL keeps no more than 2,700 bytes in an entry of one.
const LONGEST: usize = 1000;

/// Attributes by their plain names.
#[derive(Debug, Default)]
pub(super) struct Attributes(BTreeMap<String, String>);

impl Attributes {
    /// The headers whose names begin with `ce-`.
    pub(super) fn of_headers(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut attributes = Self::default();
        for (header, value) in headers {
            let Some(name) = header.as_str().strip_prefix("ce-") else {
                continue;
            };
            let value = decode(value.as_bytes()).ok_or_else(|| {
                Problem::invalid_parameter(format!(
                    "The header `ce-{name}` is not percent-encoded UTF-8."
                ))
            })?;
            attributes.insert(name, value)?;
        }
        Ok(attributes)
    }

    /// Adds one.
    ///
    /// # Errors
    ///
    /// When it is there already, or has a control character, which no attribute may
    /// have (CloudEvents, section 3.1.1).
    pub(super) fn insert(&mut self, name: &str, value: String) -> Result<(), Problem> {
        if value.chars().any(char::is_control) {
            return Err(Problem::invalid_parameter(format!(
                "The event's `{name}` has a control character."
            )));
        }
        match self.0.insert(name.to_owned(), value) {
            None => Ok(()),
            Some(_) => Err(Problem::invalid_parameter(format!(
                "The event has the attribute `{name}` twice."
            ))),
        }
    }

    /// Takes one out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Takes one out that has to be there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, Problem> {
        self.take(name)
            .filter(|value| (1..=LONGEST).contains(&value.len()))
            .ok_or_else(|| {
                Problem::invalid_parameter(format!(
                    "The event needs the attribute `{name}`, of up to {LONGEST} bytes: as \
                     `ce-{name}`, or as a member of `application/cloudevents+json`."
                ))
            })
    }
}

/// A header's value as text: quotation marks around it are taken away (RFC 9110,
/// section 5.6.4), then one round of percent-encoding (HTTP protocol binding,
/// section 3.1.3.2). `None`: it is not well formed.
fn decode(value: &[u8]) -> Option<String> {
    let value = match value {
        [b'"', inner @ .., b'"'] => unquote(inner)?,
        plain => plain.to_vec(),
    };
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.into_iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn unquote(inner: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => rest.next()?,
            b'"' => return None,
            byte => byte,
        });
    }
    Some(bytes)
}

fn hex(digit: u8) -> Option<u8> {
    // A hexadecimal digit is less than 16.
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_as_the_binding_says() {
        for (sent, meant) in [
            ("plain", "plain"),
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
            ("100%25", "100%"),
            ("a+b", "a+b"),
            ("%e2%82%ac", "€"),
            (r#""quoted \"word\"""#, "quoted \"word\""),
            (r#""a%20b""#, "a b"),
            ("caf\u{e9}", "café"),
            ("", ""),
        ] {
            assert_eq!(decode(sent.as_bytes()).as_deref(), Some(meant), "{sent}");
        }
    }

    #[test]
    fn what_is_badly_encoded_is_refused() {
        let sent: [&[u8]; 6] = [b"100%", b"%4", b"%zz", b"%ff", b"\"a\"b\"", b"\xe2\x82"];
        for value in sent {
            assert_eq!(decode(value), None, "{value:?}");
        }
    }

    #[test]
    fn a_required_attribute_is_neither_empty_nor_endless_nor_control_characters() {
        let mut attributes = Attributes::default();
        for (name, value) in [("a", String::new()), ("b", "x".repeat(1001))] {
            attributes.insert(name, value).unwrap();
            assert!(attributes.required(name).is_err(), "{name}");
        }
        assert!(attributes.insert("c", "\0".into()).is_err());
        attributes.insert("d", "x".repeat(1000)).unwrap();
        assert!(attributes.required("d").is_ok());
    }
}
