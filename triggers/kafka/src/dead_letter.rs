//! What a record carries when it was given up.
//!
//! A dead letter has the original's key, value and headers, byte for byte, and four
//! attributes of ours: `deadletterreason`, in words; `deadlettercode`, the HTTP status
//! of the last answer, or 0 for none; `deadletterattempts`, how often the function was
//! given the record; and `deadlettersource`, `<topic>/<partition>/<offset>@<time>?group=<group>`,
//! the record's place and who gave it up.
//!
//! They are headers. On a record that is a CloudEvent in binary mode they are
//! extensions of it, and so have the binding's prefix: `ce_deadletterreason`. On any
//! other, whose meaning such a header would change, they stand without it.
//!
//! A value that is larger than the topic of dead letters takes is left out, and a
//! fifth one, `deadletteromitted`, tells its bytes.

use bytes::Bytes;
use spindrift_cloudevents::kafka::Record;

use crate::message::Message;

pub(crate) const REASON: &str = "deadletterreason";
pub(crate) const CODE: &str = "deadlettercode";
pub(crate) const ATTEMPTS: &str = "deadletterattempts";
pub(crate) const SOURCE: &str = "deadlettersource";
pub(crate) const OMITTED: &str = "deadletteromitted";

/// The binding's prefix.
const PREFIX: &str = "ce_";

/// A reason longer than this ends here.
const REASON_CHARS: usize = 1000;

/// Why a record was given up.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) reason: String,
    pub(crate) code: u16,
    pub(crate) attempts: u32,
}

/// Where a record was, and who gave it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The topic that it came from.
    pub topic: String,
    /// Its partition there.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it was written there, in milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// The consumer group.
    pub group: String,
}

impl Source {
    pub(crate) fn text(&self) -> String {
        let Self {
            topic,
            partition,
            offset,
            timestamp,
            group,
        } = self;
        let time = timestamp.map(|time| format!("@{time}")).unwrap_or_default();
        format!("{topic}/{partition}/{offset}{time}?group={group}")
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (place, group) = text.split_once("?group=")?;
        let (place, timestamp) = match place.split_once('@') {
            Some((place, time)) => (place, Some(time.parse().ok()?)),
            None => (place, None),
        };
        let mut parts = place.split('/');
        let source = Self {
            topic: parts.next()?.to_owned(),
            partition: parts.next()?.parse().ok()?,
            offset: parts.next()?.parse().ok()?,
            timestamp,
            group: group.to_owned(),
        };
        parts.next().is_none().then_some(source)
    }
}

/// The dead letter of a record.
pub(crate) fn message(record: &Record, group: &str, topic: &str, cause: &Cause) -> Message {
    let source = Source {
        topic: record.topic.clone(),
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        group: group.to_owned(),
    };
    let prefix = if is_binary_event(record) { PREFIX } else { "" };
    let ours = [
        (REASON, sane(&cause.reason)),
        (CODE, cause.code.to_string()),
        (ATTEMPTS, cause.attempts.to_string()),
        (SOURCE, source.text()),
    ];
    let ours = ours.map(|(name, value)| (format!("{prefix}{name}"), Some(Bytes::from(value))));
    // One that died before carries the marks of that death; only the last counts.
    let theirs = record.headers.iter().filter(|(name, _)| !is_ours(name));
    Message {
        topic: topic.to_owned(),
        key: record.key.clone(),
        headers: theirs.cloned().chain(ours).collect(),
        value: record.value.clone(),
        // Its own time, from which its retention counts.
        timestamp: None,
    }
}

/// The same without its value, for a topic that does not take so much.
pub(crate) fn without_value(mut letter: Message) -> Message {
    let bytes = letter.value.take().map_or(0, |value| value.len());
    let as_binary = letter
        .headers
        .iter()
        .any(|(name, _)| name.strip_prefix(PREFIX) == Some(CODE));
    let name = format!("{}{OMITTED}", if as_binary { PREFIX } else { "" });
    letter.headers.push((name, Some(bytes.to_string().into())));
    letter
}

/// Whether a header is one of ours.
pub(crate) fn is_ours(header: &str) -> bool {
    [REASON, CODE, ATTEMPTS, SOURCE, OMITTED].contains(&attribute(header))
}

/// A header's name without the binding's prefix.
pub(crate) fn attribute(header: &str) -> &str {
    header.strip_prefix(PREFIX).unwrap_or(header)
}

pub(crate) fn is_binary_event(record: &Record) -> bool {
    let version = |(name, _): &(String, _)| name.eq_ignore_ascii_case("ce_specversion");
    record.headers.iter().any(version)
}

/// Text that can be an attribute's value.
fn sane(text: &str) -> String {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(REASON_CHARS).map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(message: &Message, name: &str) -> Option<String> {
        let found = message.headers.iter().find(|(header, _)| header == name)?;
        Some(String::from_utf8(found.1.as_ref()?.to_vec()).unwrap())
    }

    fn record(headers: &[(&str, &str)]) -> Record {
        let owned = |(name, value): &(&str, &str)| {
            (
                (*name).to_owned(),
                Some(Bytes::copy_from_slice(value.as_bytes())),
            )
        };
        Record {
            topic: "todo-events".into(),
            partition: 3,
            offset: 42,
            timestamp: None,
            key: Some("k".into()),
            headers: headers.iter().map(owned).collect(),
            value: Some("v".into()),
        }
    }

    fn cause() -> Cause {
        Cause {
            reason: "the function\nanswered 422".into(),
            code: 422,
            attempts: 1,
        }
    }

    #[test]
    fn an_event_gets_extensions_and_any_other_record_plain_headers() {
        let event = message(
            &record(&[("ce_specversion", "1.0")]),
            "g",
            "t.dlq",
            &cause(),
        );
        assert_eq!(
            header(&event, "ce_deadletterreason").unwrap(),
            "the function answered 422"
        );
        assert_eq!(header(&event, "ce_deadlettercode").unwrap(), "422");
        assert_eq!(header(&event, "ce_deadletterattempts").unwrap(), "1");
        let plain = message(&record(&[("x", "y")]), "g", "t.dlq", &cause());
        assert_eq!(
            header(&plain, "deadlettersource").unwrap(),
            "todo-events/3/42?group=g"
        );
        assert_eq!(header(&plain, "x").unwrap(), "y");
        assert_eq!(plain.topic, "t.dlq");
    }

    #[test]
    fn only_the_last_death_is_told() {
        let twice = message(&record(&[("deadlettercode", "500")]), "g", "t", &cause());
        let codes = twice.headers.iter().filter(|(name, _)| name == CODE);
        assert_eq!(codes.count(), 1);
        assert_eq!(header(&twice, CODE).unwrap(), "422");
    }

    #[test]
    fn a_value_that_is_left_out_is_told_of() {
        let letter = without_value(message(&record(&[]), "g", "t", &cause()));
        assert_eq!(letter.value, None);
        assert_eq!(header(&letter, OMITTED).unwrap(), "1");
    }

    #[test]
    fn a_source_is_read_as_it_was_written() {
        let source = Source {
            topic: "a.b-c_d".into(),
            partition: 11,
            offset: i64::MAX,
            timestamp: Some(1_250),
            group: "todo.notify".into(),
        };
        assert_eq!(Source::parse(&source.text()), Some(source));
        let older = Source::parse("a/1/2?group=g");
        assert_eq!(older.map(|source| source.timestamp), Some(None));
        for text in [
            "",
            "a/1/2",
            "a/1/2@soon?group=g",
            "a/1?group=g",
            "a/b/2?group=g",
            "a/1/2/3?group=g",
        ] {
            assert_eq!(Source::parse(text), None, "{text}");
        }
    }
}
