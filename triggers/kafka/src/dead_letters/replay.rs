//! Publishing dead letters again.

use bytes::Bytes;
use spindrift_cloudevents::{Event, MalformedEvent, kafka};

use super::DeadLetter;
use crate::dead_letter::is_binary_event;
use crate::message::Message;
use crate::topics::DEAD_LETTER_SUFFIX;
use crate::{Producer, PublishError};

/// What Knative's marks begin with.
const KNATIVE: &str = "knativeerror";

/// Publishes dead letters to the topics that they came from, with their keys and
/// their events' ids, and without the marks of their death. The results stand in the
/// order of the letters.
///
/// A record that was no event is published as the event that was made of it: made
/// anew, it would have another id, and be handled twice.
pub async fn replay(producer: &Producer, letters: &[DeadLetter]) -> Vec<Result<(), PublishError>> {
    let messages: Vec<_> = letters.iter().map(message).collect();
    let good: Vec<Message> = messages.iter().flatten().cloned().collect();
    let mut published = producer.send(&good).await.into_iter();
    let results = messages.into_iter().map(|message| {
        message?;
        published.next().unwrap_or(Ok(()))
    });
    results.collect()
}

fn message(letter: &DeadLetter) -> Result<Message, PublishError> {
    let original = &letter.original;
    if letter.omitted_bytes.is_some() {
        return Err(PublishError::ValueOmitted {
            topic: original.topic.clone(),
            partition: original.partition,
            offset: original.offset,
        });
    }
    let mut message = Message {
        topic: destination(letter)?,
        key: original.key.clone(),
        headers: original.headers.clone(),
        value: original.value.clone(),
        timestamp: None,
    };
    if let Ok(event) = &letter.event
        && (letter.source.is_none() || is_plain(letter))
    {
        let event = without_knatives_marks(event).unwrap_or_else(|_| event.clone());
        let headers = kafka::headers(&event).into_iter();
        message.headers = headers
            .map(|(name, value)| (name, Some(Bytes::from(value))))
            .collect();
        message.value = original.value.as_ref().map(|_| event.data().clone());
    }
    Ok(message)
}

fn destination(letter: &DeadLetter) -> Result<String, PublishError> {
    if let Some(source) = &letter.source {
        return Ok(source.topic.clone());
    }
    match letter.topic.strip_suffix(DEAD_LETTER_SUFFIX) {
        Some(topic) => Ok(topic.to_owned()),
        None => Err(PublishError::Rejected {
            topic: letter.topic.clone(),
            reason: "nothing tells which topic its records came from".to_owned(),
        }),
    }
}

/// Whether the record was no event, in either mode.
fn is_plain(letter: &DeadLetter) -> bool {
    let structured = |(name, value): &(String, Option<Bytes>)| {
        let kind = value.as_ref().map(|kind| kind.to_ascii_lowercase());
        name.eq_ignore_ascii_case("content-type")
            && kind.is_some_and(|kind| kind.starts_with(b"application/cloudevents"))
    };
    !is_binary_event(&letter.original) && !letter.original.headers.iter().any(structured)
}

fn without_knatives_marks(event: &Event) -> Result<Event, MalformedEvent> {
    let attributes = event
        .attributes()
        .filter(|(name, _)| !name.starts_with(KNATIVE));
    let owned = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Event::new(owned, event.data().clone())
}

#[cfg(test)]
mod tests {
    use spindrift_cloudevents::kafka::Record;

    use super::*;

    fn letter(topic: &str, headers: &[(&str, &str)]) -> DeadLetter {
        let owned = |(name, value): &(&str, &str)| {
            (
                (*name).to_owned(),
                Some(Bytes::copy_from_slice(value.as_bytes())),
            )
        };
        let record = Record {
            topic: topic.into(),
            headers: headers.iter().map(owned).collect(),
            key: Some("k".into()),
            value: Some("v".into()),
            ..Record::default()
        };
        DeadLetter::new(record)
    }

    fn names(message: &Message) -> Vec<&str> {
        message
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect()
    }

    const SOURCE: (&str, &str) = ("deadlettersource", "orders/2/7?group=g");

    #[test]
    fn a_plain_record_keeps_the_id_of_the_event_that_was_made_of_it() {
        let message = message(&letter("orders.dlq", &[SOURCE, ("x", "y")])).unwrap();
        assert_eq!(message.topic, "orders");
        let id = message
            .headers
            .iter()
            .find(|(name, _)| name == "ce_id")
            .unwrap();
        assert_eq!(id.1.as_deref(), Some(&b"partition:2/offset:7"[..]));
        assert!(names(&message).contains(&"ce_kafkaheaderx"));
        assert_eq!(message.key.as_deref(), Some(&b"k"[..]));
        assert_eq!(message.value.as_deref(), Some(&b"v"[..]));
    }

    #[test]
    fn what_is_malformed_goes_back_as_it_was() {
        let half = [("ce_specversion", "1.0"), ("ce_deadlettersource", SOURCE.1)];
        let message = message(&letter("orders.dlq", &half)).unwrap();
        assert_eq!(names(&message), ["ce_specversion"]);
    }

    #[test]
    fn knatives_marks_are_taken_off() {
        let event = [
            ("ce_specversion", "1.0"),
            ("ce_id", "1"),
            ("ce_source", "/s"),
            ("ce_type", "t"),
            ("ce_knativeerrordest", "http://f"),
            ("ce_knativeerrorcode", "500"),
        ];
        let again = message(&letter("orders.dlq", &event)).unwrap();
        assert_eq!(again.topic, "orders");
        assert!(!names(&again).iter().any(|name| name.contains("knative")));
        assert!(names(&again).contains(&"ce_id"));
        assert!(message(&letter("dead", &event)).is_err());
    }

    #[test]
    fn a_letter_without_its_value_is_not_published() {
        let omitted = [SOURCE, ("deadletteromitted", "2000000")];
        let refused = message(&letter("orders.dlq", &omitted)).unwrap_err();
        assert!(refused.to_string().contains("orders"), "{refused}");
    }
}
