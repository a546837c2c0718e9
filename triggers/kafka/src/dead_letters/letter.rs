//! One dead letter.

use chrono::{DateTime, Utc};
use spindrift_cloudevents::kafka::{self, Record};
use spindrift_cloudevents::{Event, MalformedEvent};

use super::source_of;
use crate::dead_letter::{self, Source};

/// Knative's names for the status and the body of the last answer.
const KNATIVE_CODE: &str = "knativeerrorcode";
const KNATIVE_DATA: &str = "knativeerrordata";

/// A record that was given up.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The topic of dead letters that it is in.
    pub topic: String,
    /// Its partition there.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it got there.
    pub died_at: Option<DateTime<Utc>>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The last answer's HTTP status; 0 for none.
    pub code: Option<u16>,
    /// How often the function was given it. Knative does not tell.
    pub attempts: Option<u32>,
    /// Where it was before, and who gave it up. Knative does not tell.
    pub source: Option<Source>,
    /// How many bytes of value it had, when that was too large to be kept.
    pub omitted_bytes: Option<u64>,
    /// The record as it was before, as far as it is known where.
    pub original: Record,
    /// What the function was given, or why that could not be made.
    pub event: Result<Event, MalformedEvent>,
}

/// Which dead letters are wanted. The default is all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Events of this type.
    pub ty: Option<String>,
    /// The event of this id.
    pub id: Option<String>,
    /// What died at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// What died before this time.
    pub until: Option<DateTime<Utc>>,
}

impl DeadLetter {
    /// Reads a record of a topic of dead letters.
    pub(crate) fn new(record: Record) -> Self {
        let mark = |name| mark(&record, name);
        let source = mark(dead_letter::SOURCE).and_then(|text| Source::parse(&text));
        let original = original(&record, source.as_ref());
        let group = source.as_ref().map_or("", |source| &source.group);
        let event = kafka::event(&original, &source_of(group));
        let knative = |name| Some(event.as_ref().ok()?.get(name)?.to_owned());
        let code = mark(dead_letter::CODE).or_else(|| knative(KNATIVE_CODE));
        Self {
            died_at: record.timestamp.and_then(DateTime::from_timestamp_millis),
            reason: mark(dead_letter::REASON).or_else(|| knative(KNATIVE_DATA)),
            code: code.and_then(|code| code.parse().ok()),
            attempts: mark(dead_letter::ATTEMPTS).and_then(|count| count.parse().ok()),
            omitted_bytes: mark(dead_letter::OMITTED).and_then(|bytes| bytes.parse().ok()),
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            source,
            original,
            event,
        }
    }

    /// The event's id, if it is one.
    pub fn id(&self) -> Option<&str> {
        Some(self.event.as_ref().ok()?.id())
    }

    /// The event's type, if it is one.
    pub fn ty(&self) -> Option<&str> {
        Some(self.event.as_ref().ok()?.ty())
    }
}

impl Filter {
    /// Whether a dead letter is wanted. One whose time is not known is wanted at any.
    pub fn takes(&self, letter: &DeadLetter) -> bool {
        let is = |wanted: &Option<String>, got: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| got == Some(wanted))
        };
        let at = |fits: &dyn Fn(DateTime<Utc>) -> bool| letter.died_at.is_none_or(fits);
        is(&self.ty, letter.ty())
            && is(&self.id, letter.id())
            && self.since.is_none_or(|since| at(&|died| died >= since))
            && self.until.is_none_or(|until| at(&|died| died < until))
    }
}

/// One of our marks, with the binding's prefix or without.
fn mark(record: &Record, name: &str) -> Option<String> {
    let named = record.headers.iter().rev();
    let mut named = named.filter(|(header, _)| dead_letter::attribute(header) == name);
    let value = named.next()?.1.as_ref()?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// The record without our marks, back at its place and time.
fn original(record: &Record, source: Option<&Source>) -> Record {
    let mut original = record.clone();
    original.timestamp = source.and_then(|source| source.timestamp);
    original
        .headers
        .retain(|(name, _)| !dead_letter::is_ours(name));
    if let Some(source) = source {
        original.topic.clone_from(&source.topic);
        original.partition = source.partition;
        original.offset = source.offset;
    }
    original
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::dead_letter::{Cause, message};

    pub(super) fn letter(headers: &[(&str, &str)]) -> DeadLetter {
        let owned = |(name, value): &(&str, &str)| {
            (
                (*name).to_owned(),
                Some(Bytes::copy_from_slice(value.as_bytes())),
            )
        };
        let record = Record {
            topic: "todo-events.dlq".into(),
            timestamp: Some(1_000),
            headers: headers.iter().map(owned).collect(),
            value: Some("v".into()),
            ..Record::default()
        };
        DeadLetter::new(record)
    }

    const EVENT: [(&str, &str); 4] = [
        ("ce_specversion", "1.0"),
        ("ce_id", "1"),
        ("ce_source", "/todo"),
        ("ce_type", "todo.task.created"),
    ];

    #[test]
    fn ours_is_read_as_it_was_written() {
        let record = Record {
            topic: "orders".into(),
            partition: 2,
            offset: 7,
            headers: vec![("x".into(), Some("y".into()))],
            value: Some("v".into()),
            ..Record::default()
        };
        let cause = Cause {
            reason: "the function answered 422".into(),
            code: 422,
            attempts: 3,
        };
        let written = message(&record, "shop.pack", "orders.dlq", &cause);
        let there = Record {
            topic: written.topic,
            headers: written.headers,
            value: written.value,
            ..Record::default()
        };
        let letter = DeadLetter::new(there);
        assert_eq!(letter.original, record);
        assert_eq!(letter.code, Some(422));
        assert_eq!(letter.attempts, Some(3));
        assert_eq!(letter.source.as_ref().unwrap().group, "shop.pack");
        assert_eq!(letter.id(), Some("partition:2/offset:7"));
    }

    #[test]
    fn knatives_is_understood_too() {
        let knative = [
            ("ce_knativeerrorcode", "500"),
            ("ce_knativeerrordata", "no"),
        ];
        let letter = letter(&[&EVENT[..], &knative].concat());
        assert_eq!(letter.code, Some(500));
        assert_eq!(letter.reason.as_deref(), Some("no"));
        assert_eq!(letter.attempts, None);
        assert_eq!(letter.ty(), Some("todo.task.created"));
    }

    #[test]
    fn a_filter_takes_what_fits_all_of_it() {
        let letter = letter(&EVENT);
        let at = |seconds| DateTime::from_timestamp(seconds, 0);
        let takes = |filter: Filter| filter.takes(&letter);
        assert!(takes(Filter::default()));
        assert!(takes(Filter {
            since: at(1),
            until: at(2),
            ..Filter::default()
        }));
        assert!(!takes(Filter {
            since: at(2),
            ..Filter::default()
        }));
        assert!(!takes(Filter {
            until: at(1),
            ..Filter::default()
        }));
        let id = |id: &str| Filter {
            id: Some(id.into()),
            ..Filter::default()
        };
        assert!(takes(id("1")) && !takes(id("2")));
        assert!(!takes(Filter {
            ty: Some("t".into()),
            ..id("1")
        }));
    }
}
