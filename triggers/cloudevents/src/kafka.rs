//! Events as Kafka records (CloudEvents 1.0, Kafka protocol binding), and the event
//! that KafkaSource makes of a record that is none.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};

use crate::event::{self, Event, MalformedEvent, SPECVERSION};
use crate::{AttributeError, structured};

/// What stands before an attribute's name in a record's header.
const PREFIX: &str = "ce_";

/// The header that carries the data's media type.
const CONTENT_TYPE: &str = "content-type";

/// The type that KafkaSource gives to what is no event.
const PLAIN_TYPE: &str = "dev.knative.kafka.event";

/// A record, as it was read from its partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its place in the partition.
    pub offset: i64,
    /// When it was written, in milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its headers in their order; a name may stand twice, a value may be missing.
    pub headers: Vec<(String, Option<Bytes>)>,
    /// Its value; nothing is a tombstone.
    pub value: Option<Bytes>,
}

/// The headers by which a record carries an event in binary mode. Its value is the
/// event's data.
pub fn headers(event: &Event) -> Vec<(String, String)> {
    let named = event.attributes().map(|(name, value)| {
        let header = if name == event::CONTENT_TYPE {
            CONTENT_TYPE.to_owned()
        } else {
            format!("{PREFIX}{name}")
        };
        (header, value.to_owned())
    });
    named.collect()
}

/// The event that a record carries, in binary or structured mode, or the one that is
/// made of it. `source` is the prefix of a made event's source.
///
/// # Errors
///
/// [`MalformedEvent`] when the record says that it carries one, and does not.
pub fn event(record: &Record, source: &str) -> Result<Event, MalformedEvent> {
    let value = || record.value.clone().unwrap_or_default();
    let content_type = record.header(CONTENT_TYPE);
    if content_type.is_some_and(|kind| structured::is_structured(kind)) {
        return structured::parse(&value());
    }
    let attributes = if record.header("ce_specversion").is_some() {
        carried(record)?
    } else {
        made(record, source)
    };
    let kind = content_type.map(|kind| text(event::CONTENT_TYPE, kind));
    let kind = kind.transpose()?;
    let kind = kind.map(|kind| (event::CONTENT_TYPE.to_owned(), kind));
    Event::new(attributes.into_iter().chain(kind), value())
}

impl Record {
    /// The last header of a name, in whatever case it was written.
    fn header(&self, name: &str) -> Option<&Bytes> {
        let named = |(header, _): &&(String, _)| header.eq_ignore_ascii_case(name);
        self.headers.iter().rev().find(named)?.1.as_ref()
    }
}

/// The attributes of a record that is an event.
fn carried(record: &Record) -> Result<Vec<(String, String)>, MalformedEvent> {
    let mut attributes = Vec::new();
    for (header, value) in &record.headers {
        let header = header.to_ascii_lowercase();
        if let (Some(name), Some(value)) = (header.strip_prefix(PREFIX), value) {
            attributes.push((name.to_owned(), text(name, value)?));
        }
    }
    Ok(attributes)
}

/// The attributes that KafkaSource gives to a record that is no event.
fn made(record: &Record, source: &str) -> Vec<(String, String)> {
    let Record {
        topic,
        partition,
        offset,
        ..
    } = record;
    let mut attributes = vec![
        ("specversion".to_owned(), SPECVERSION.to_owned()),
        ("type".to_owned(), PLAIN_TYPE.to_owned()),
        ("source".to_owned(), format!("{source}#{topic}")),
        (
            "subject".to_owned(),
            format!("partition:{partition}#{offset}"),
        ),
        (
            "id".to_owned(),
            format!("partition:{partition}/offset:{offset}"),
        ),
    ];
    if let Some(written) = record.timestamp.and_then(DateTime::from_timestamp_millis) {
        let time = written.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        attributes.push(("time".to_owned(), time));
    }
    if let Some(key) = &record.key {
        attributes.push(("partitionkey".to_owned(), printable(key)));
        attributes.push(("key".to_owned(), printable(key)));
    }
    for (header, value) in &record.headers {
        let letters = header.bytes().filter(u8::is_ascii_alphanumeric);
        let name: String = letters
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
        if let (false, Some(value)) = (name.is_empty() || header == CONTENT_TYPE, value) {
            attributes.push((format!("kafkaheader{name}"), printable(value)));
        }
    }
    attributes
}

fn text(name: &str, value: &[u8]) -> Result<String, AttributeError> {
    match std::str::from_utf8(value) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(AttributeError::Value(name.to_owned())),
    }
}

/// Bytes as an attribute's value, whatever they are.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(headers: &[(&str, &str)]) -> Record {
        Record {
            topic: "orders".into(),
            partition: 3,
            offset: 42,
            timestamp: Some(1_250),
            key: Some("k".into()),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Some(Bytes::from((*value).to_owned()))))
                .collect(),
            value: Some("v".into()),
        }
    }

    #[test]
    fn an_event_comes_back_as_it_was_put_into_a_record() {
        let event = event(
            &record(&[
                ("ce_specversion", "1.0"),
                ("ce_id", "1"),
                ("ce_source", "/todo"),
                ("ce_type", "todo.task.created"),
                ("CE_partitionkey", "u"),
                ("Content-Type", "application/json"),
                ("other", "ignored"),
            ]),
            "/kafka",
        )
        .unwrap();
        assert_eq!(event.ty(), "todo.task.created");
        assert_eq!(event.get("partitionkey"), Some("u"));
        assert_eq!(event.get("datacontenttype"), Some("application/json"));
        assert_eq!(event.data(), "v");
        let again = headers(&event);
        assert!(again.contains(&("content-type".into(), "application/json".into())));
        assert!(again.contains(&("ce_type".into(), "todo.task.created".into())));
        assert_eq!(again.len(), 6);
    }

    #[test]
    fn what_is_no_event_becomes_what_kafka_source_makes_of_it() {
        let mut record = record(&[("X-Trace-Id", "7"), ("content-type", "text/plain")]);
        record.headers.push(("empty".into(), None));
        let event = event(&record, "/apis/v1/namespaces/default/kafkasources/app").unwrap();
        assert_eq!(event.ty(), "dev.knative.kafka.event");
        assert_eq!(
            event.source(),
            "/apis/v1/namespaces/default/kafkasources/app#orders"
        );
        assert_eq!(event.get("subject"), Some("partition:3#42"));
        assert_eq!(event.id(), "partition:3/offset:42");
        assert_eq!(event.get("time"), Some("1970-01-01T00:00:01.250Z"));
        assert_eq!(event.get("partitionkey"), Some("k"));
        assert_eq!(event.get("key"), Some("k"));
        assert_eq!(event.get("kafkaheaderxtraceid"), Some("7"));
        assert_eq!(event.get("datacontenttype"), Some("text/plain"));
    }

    #[test]
    fn a_tombstone_has_no_data_and_a_key_of_bytes_is_readable() {
        let record = Record {
            key: Some(Bytes::from_static(&[0xff, b'a', 0])),
            ..Record::default()
        };
        let event = event(&record, "").unwrap();
        assert!(event.data().is_empty());
        assert_eq!(event.get("partitionkey"), Some("\u{fffd}a"));
    }

    #[test]
    fn a_record_that_is_half_an_event_is_refused() {
        let half = record(&[("ce_specversion", "1.0"), ("ce_id", "1")]);
        assert_eq!(event(&half, ""), Err(MalformedEvent::Missing("source")));
        let mut broken = record(&[("ce_specversion", "1.0")]);
        broken
            .headers
            .push(("ce_id".into(), Some(Bytes::from_static(b"\xff"))));
        assert!(event(&broken, "").is_err());
    }
}
