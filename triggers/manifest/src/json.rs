//! A document of JSON as the tree that a document of TOML is, so that what reads the one
//! reads the other.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::document::{Data, Entry, Node, at_place, with_key};

/// How deep a document may be: deeper than anybody writes one, and no danger to the stack.
const DEEPEST: usize = 64;

/// Reads a document. Members that are `null` are left out.
///
/// # Errors
///
/// The byte, at least of its line, and the message of the first error of syntax.
pub(crate) fn parse(text: &str) -> Result<Node, (usize, String)> {
    let root: &RawValue = serde_json::from_str(text)
        .map_err(|error| (line_begin(text, error.line()), error.to_string()))?;
    Reader { text }.node(root, 0)
}

/// The byte at which a line begins; lines count from 1.
fn line_begin(text: &str, line: usize) -> usize {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    before.map(str::len).sum()
}

struct Reader<'t> {
    text: &'t str,
}

impl<'t> Reader<'t> {
    /// What is given is a part of the text that is known to be JSON.
    fn node(&self, raw: &'t RawValue, depth: usize) -> Result<Node, (usize, String)> {
        let value = raw.get();
        let at = value
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        if depth > DEEPEST {
            return Err((at, format!("it is more than {DEEPEST} levels deep")));
        }
        // Of strings alone something may still be wrong: half of a surrogate pair.
        let wrong = |error: serde_json::Error| (at, error.to_string());
        let data = match value.as_bytes().first() {
            Some(b'{') => {
                let members: BTreeMap<String, &'t RawValue> =
                    serde_json::from_str(value).map_err(wrong)?;
                Data::Table(self.entries(members, depth)?)
            }
            Some(b'[') => {
                let elements: Vec<&'t RawValue> = serde_json::from_str(value).map_err(wrong)?;
                let nodes = elements.into_iter().map(|raw| self.node(raw, depth + 1));
                Data::List(nodes.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Data::Text(serde_json::from_str(value).map_err(wrong)?),
            Some(b't') => Data::Boolean(true),
            Some(b'f') => Data::Boolean(false),
            Some(b'n') => Data::Other("null"),
            _ => match value.parse() {
                Ok(number) => Data::Integer(number),
                Err(_) => Data::Other("a number that is no integer"),
            },
        };
        Ok(at_place(at, data))
    }

    fn entries(
        &self,
        members: BTreeMap<String, &'t RawValue>,
        depth: usize,
    ) -> Result<Vec<Entry>, (usize, String)> {
        let mut entries = Vec::new();
        for (key, raw) in members {
            if raw.get() != "null" {
                let node = self.node(raw, depth + 1)?;
                entries.push(with_key(&key, node.at, node));
            }
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_knows_its_place() {
        let text = "{\n  \"a\": [1, \"x\"],\n  \"b\": {\"c\": true, \"d\": null},\n  \"e\": 1.5\n}";
        let root = parse(text).unwrap();
        let Data::Table(entries) = &root.data else {
            panic!("no table")
        };
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "e"]);
        let Data::List(list) = &entries[0].node.data else {
            panic!("no list")
        };
        assert!(matches!(list[0].data, Data::Integer(1)));
        assert!(matches!(&list[1].data, Data::Text(text) if text == "x"));
        assert_eq!(list[1].at, text.find("\"x\"").unwrap());
        let Data::Table(inner) = &entries[1].node.data else {
            panic!("no table")
        };
        assert_eq!(inner.len(), 1);
        assert_eq!(inner[0].at, text.find("true").unwrap());
        assert!(matches!(entries[2].node.data, Data::Other(_)));
    }

    #[test]
    fn what_is_no_json_is_told_by_its_line() {
        let text = "{\n  \"a\": 1,\n  b\n}";
        let (at, message) = parse(text).unwrap_err();
        assert_eq!(at, text.find("  b").unwrap());
        assert!(message.contains("line 3"), "{message}");
        assert!(parse("").is_err());
        let half = parse(r#"{"a": "\ud800"}"#).unwrap_err();
        assert_eq!(half.0, 6);
    }

    #[test]
    fn what_is_too_deep_is_refused() {
        let text = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let (_, message) = parse(&text).unwrap_err();
        assert!(message.contains("levels deep"), "{message}");
    }
}
