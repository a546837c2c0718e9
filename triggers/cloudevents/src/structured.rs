//! The JSON event format, in which an event is one document (structured mode).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::event::{self, Event, MalformedEvent};

/// The media type, with or without parameters.
const MEDIA_TYPE: &[u8] = b"application/cloudevents+json";

/// What the data is when the event does not say.
const JSON: &str = "application/json";

/// Whether a content type says that the body is an event.
pub(crate) fn is_structured(content_type: &[u8]) -> bool {
    media_type(content_type).eq_ignore_ascii_case(MEDIA_TYPE)
}

/// Reads the document. Data that is JSON stays as it was written.
pub(crate) fn parse(body: &[u8]) -> Result<Event, MalformedEvent> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_slice(body)
        .map_err(|error| MalformedEvent::Structure(error.to_string()))?;
    let data = members.remove("data");
    let base64 = members.remove("data_base64");
    let mut attributes = BTreeMap::new();
    for (name, value) in members {
        if let Some(text) = attribute(&name, value)? {
            attributes.insert(name, text);
        }
    }
    let kind = attributes
        .entry(event::CONTENT_TYPE.to_owned())
        .or_insert_with(|| JSON.to_owned());
    let data = match (data, base64) {
        (None, None) => Bytes::new(),
        (Some(json), None) => plain(json, kind),
        (None, Some(text)) => decoded(text)?,
        (Some(_), Some(_)) => {
            return Err(MalformedEvent::Structure(
                "it has both `data` and `data_base64`".into(),
            ));
        }
    };
    Event::new(attributes, data)
}

/// An attribute's text. One that is null is not there.
fn attribute(name: &str, value: &RawValue) -> Result<Option<String>, MalformedEvent> {
    match serde_json::from_str(value.get()) {
        Ok(Value::Null) => Ok(None),
        Ok(Value::String(text)) => Ok(Some(text)),
        Ok(Value::Bool(_) | Value::Number(_)) => Ok(Some(value.get().to_owned())),
        _ => Err(MalformedEvent::Structure(format!(
            "`{name}` is neither text nor a number nor true or false"
        ))),
    }
}

/// The bytes of `data`: JSON as it stands, or the content of a text whose media type
/// is another.
fn plain(json: &RawValue, kind: &str) -> Bytes {
    let text = || serde_json::from_str::<String>(json.get()).ok();
    match (is_json(kind), text()) {
        (false, Some(text)) => text.into(),
        _ => json.get().to_owned().into(),
    }
}

fn decoded(text: &RawValue) -> Result<Bytes, MalformedEvent> {
    let wrong = |why: String| MalformedEvent::Structure(format!("`data_base64`: {why}"));
    let text: &str = serde_json::from_str(text.get()).map_err(|e| wrong(e.to_string()))?;
    let bytes = STANDARD.decode(text).map_err(|e| wrong(e.to_string()))?;
    Ok(bytes.into())
}

fn is_json(kind: &str) -> bool {
    let kind = media_type(kind.as_bytes()).to_ascii_lowercase();
    kind.ends_with(b"/json") || kind.ends_with(b"+json")
}

fn media_type(content_type: &[u8]) -> &[u8] {
    let end = content_type.iter().position(|b| *b == b';');
    content_type[..end.unwrap_or(content_type.len())].trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &str) -> Result<Event, MalformedEvent> {
        let document =
            format!(r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t"{extra}}}"#);
        parse(document.as_bytes())
    }

    #[test]
    fn the_media_type_is_told_from_its_parameters() {
        assert!(is_structured(
            b"Application/CloudEvents+JSON; charset=utf-8"
        ));
        assert!(!is_structured(b"application/cloudevents-batch+json"));
        assert!(!is_structured(b"application/json"));
    }

    #[test]
    fn json_data_stays_as_it_was_written() {
        let event = read(r#","data":{"b": 1.10, "a":[ ]},"retries":3,"dry":true,"no":null"#);
        let event = event.unwrap();
        assert_eq!(event.data(), r#"{"b": 1.10, "a":[ ]}"#);
        assert_eq!(event.get("datacontenttype"), Some("application/json"));
        assert_eq!(event.get("retries"), Some("3"));
        assert_eq!(event.get("dry"), Some("true"));
        assert_eq!(event.get("no"), None);
    }

    #[test]
    fn other_data_is_text_or_base64() {
        let text = read(r#","datacontenttype":"text/plain","data":"a\nb""#).unwrap();
        assert_eq!(text.data(), "a\nb");
        let json = read(r#","datacontenttype":"application/x+json","data":"a""#).unwrap();
        assert_eq!(json.data(), r#""a""#);
        let bytes = read(r#","data_base64":"AAEC""#).unwrap();
        assert_eq!(&bytes.data()[..], [0, 1, 2]);
    }

    #[test]
    fn what_is_no_event_is_refused_with_the_reason() {
        for (extra, reason) in [
            (r#","data":1,"data_base64":"AA==""#, "both"),
            (r#","data_base64":"?""#, "data_base64"),
            (r#","subject":[1]"#, "`subject`"),
        ] {
            let error = read(extra).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(parse(b"[]").is_err());
        assert!(parse(b"").is_err());
    }
}
