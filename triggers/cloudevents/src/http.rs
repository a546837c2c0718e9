//! Events as HTTP requests (CloudEvents 1.0, HTTP protocol binding).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::event;
use crate::structured;
use crate::{AttributeError, Event, MalformedEvent};

/// What stands before an attribute's name in a header.
const PREFIX: &str = "ce-";

/// The trace context that an event carries as an attribute goes into the header
/// that every HTTP library reads, too (W3C Trace Context).
const TRACE: [&str; 2] = ["traceparent", "tracestate"];

/// What is percent-encoded in a header's value besides what is no printable ASCII:
/// section 3.1.3.2 of the binding.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// The request that delivers an event to the function at `uri`, in binary mode.
pub fn to_request(event: &Event, uri: Uri) -> Request<Bytes> {
    let mut request = Request::new(event.data().clone());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    for (name, value) in event.attributes() {
        if name == event::CONTENT_TYPE {
            put(headers, CONTENT_TYPE, value.to_owned());
            continue;
        }
        // Every name and every encoded value is a header's.
        if let Ok(name) = HeaderName::try_from(format!("{PREFIX}{name}")) {
            put(
                headers,
                name,
                utf8_percent_encode(value, ENCODED).to_string(),
            );
        }
    }
    for name in TRACE {
        if let Some(value) = event.get(name) {
            put(headers, HeaderName::from_static(name), value.to_owned());
        }
    }
    request
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// The event that a request carries, in binary or structured mode; nothing when it
/// carries none.
///
/// # Errors
///
/// [`MalformedEvent`] when it says that it carries one, and does not.
pub fn from_parts(headers: &HeaderMap, body: Bytes) -> Result<Option<Event>, MalformedEvent> {
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if content_type.is_some_and(structured::is_structured) {
        return structured::parse(&body).map(Some);
    }
    if !headers.contains_key("ce-specversion") {
        return Ok(None);
    }
    let mut attributes = Vec::new();
    for (header, value) in headers {
        let Some(name) = header.as_str().strip_prefix(PREFIX) else {
            continue;
        };
        let bad = || AttributeError::Value(name.to_owned());
        let value = value.to_str().map_err(|_| bad())?;
        let value = percent_decode_str(value).decode_utf8().map_err(|_| bad())?;
        attributes.push((name.to_owned(), value.into_owned()));
    }
    if let Some(value) = content_type {
        let bad = || AttributeError::Value(event::CONTENT_TYPE.to_owned());
        let value = std::str::from_utf8(value).map_err(|_| bad())?;
        attributes.push((event::CONTENT_TYPE.to_owned(), value.to_owned()));
    }
    Event::new(attributes, body).map(Some)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(extra: &[(&str, &str)]) -> Event {
        let required = [
            ("specversion", "1.0"),
            ("id", "1"),
            ("source", "/todo"),
            ("type", "todo.task.created"),
        ];
        let attributes = required.iter().chain(extra);
        Event::new(
            attributes.map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
            r#"{"a":1}"#,
        )
        .unwrap()
    }

    #[test]
    fn attributes_are_headers_and_data_is_the_body() {
        let event = event(&[
            ("datacontenttype", "application/json"),
            ("traceparent", "00-1-2-01"),
            ("subject", "\"größer\" 100%"),
        ]);
        let request = to_request(&event, Uri::from_static("/"));
        assert_eq!(request.method(), Method::POST);
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("ce-type"), "todo.task.created");
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("ce-traceparent"), "00-1-2-01");
        assert_eq!(header("traceparent"), "00-1-2-01");
        assert_eq!(header("ce-subject"), "%22gr%C3%B6%C3%9Fer%22%20100%25");
        assert!(!request.headers().contains_key("ce-datacontenttype"));
        assert_eq!(request.body(), r#"{"a":1}"#);
    }

    #[test]
    fn a_request_without_an_event_is_not_one() {
        assert_eq!(from_parts(&HeaderMap::new(), Bytes::new()), Ok(None));
    }

    #[test]
    fn a_half_event_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", HeaderValue::from_static("1.0"));
        headers.insert("ce-id", HeaderValue::from_static("1"));
        assert_eq!(
            from_parts(&headers, Bytes::new()),
            Err(MalformedEvent::Missing("source"))
        );
    }

    proptest! {
        #[test]
        fn what_is_sent_is_what_is_read(
            id in "\\PC{1,20}",
            subject in "\\PC{0,40}",
            data in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut event = event(&[("datacontenttype", "application/octet-stream")]);
            event.set("id", id).unwrap();
            event.set("subject", subject).unwrap();
            let event = Event::new(
                event.attributes().map(|(n, v)| (n.to_owned(), v.to_owned())),
                data,
            ).unwrap();
            let (parts, body) = to_request(&event, Uri::from_static("/")).into_parts();
            prop_assert_eq!(from_parts(&parts.headers, body), Ok(Some(event)));
        }
    }
}
