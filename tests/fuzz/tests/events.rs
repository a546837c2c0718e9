//! CloudEvents, in requests and in records.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use proptest::prelude::*;
use spindrift_cloudevents::kafka::Record;
use spindrift_cloudevents::{http as in_http, kafka};
use spindrift_test_fuzz::{config, inputs, lines};

const WORDS: &[&str] = &[
    "|",
    ": ",
    "ce-",
    "ce_",
    "%",
    "%zz",
    "{",
    "}",
    "[",
    "\"data\":",
    "\"data_base64\":",
    "\\u0000",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "\u{1f600}",
    "1e999",
];

/// A message, as the corpus has it: headers and a body, between strokes.
fn message(bytes: &[u8]) -> (Vec<(String, Vec<u8>)>, Bytes) {
    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'|').collect();
    let body = Bytes::copy_from_slice(parts.pop().unwrap_or_default());
    let header = |part: &&[u8]| {
        let colon = part.windows(2).position(|pair| pair == b": ")?;
        let name = String::from_utf8_lossy(&part[..colon]).into_owned();
        Some((name, part[colon + 2..].to_vec()))
    };
    (parts.iter().filter_map(header).collect(), body)
}

proptest! {
    #![proptest_config(config())]

    /// An event that was read is read again from what is made of it, in a request and in
    /// a record.
    #[test]
    fn an_event_survives_both_ways(bytes in inputs(lines("events.txt"), WORDS)) {
        let (named, body) = message(&bytes);
        let headers: HeaderMap = named
            .iter()
            .filter_map(|(name, value)| {
                let name = HeaderName::try_from(name.as_str()).ok()?;
                Some((name, HeaderValue::from_bytes(value).ok()?))
            })
            .collect();
        let record = Record {
            topic: "topic".to_owned(),
            partition: 1,
            offset: 2,
            timestamp: Some(3),
            key: None,
            headers: named.into_iter().map(|(name, value)| (name, Some(value.into()))).collect(),
            value: Some(body.clone()),
        };
        let from_record = kafka::event(&record, "/source").ok();
        let from_request = in_http::from_parts(&headers, body).ok().flatten();
        for event in [from_record, from_request].into_iter().flatten() {
            let (parts, body) = in_http::to_request(&event, Uri::from_static("/")).into_parts();
            let again = in_http::from_parts(&parts.headers, body);
            prop_assert!(matches!(&again, Ok(Some(again)) if *again == event), "{:?} became {:?}", event, again);
            let headers = kafka::headers(&event).into_iter();
            let record = Record {
                headers: headers.map(|(name, value)| (name, Some(value.into()))).collect(),
                value: Some(event.data().clone()),
                ..record.clone()
            };
            let again = kafka::event(&record, "/source");
            prop_assert!(again.as_ref() == Ok(&event), "{:?} became {:?}", event, again);
        }
    }
}
