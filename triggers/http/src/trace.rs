//! Trace Context (W3C): which trace a request belongs to.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// The id of the trace that a request goes on with, 32 lower-case hexadecimal digits.
/// One that comes with no valid `traceparent` begins a trace, which its headers have from
/// then on; nobody records it, and so it is marked as not sampled.
pub fn continued(headers: &mut HeaderMap) -> Box<str> {
    if let Some(id) = id(headers) {
        return id;
    }
    let [trace, parent] = [Uuid::new_v4(), Uuid::new_v4()].map(|id| id.simple().to_string());
    headers.remove(STATE);
    if let Ok(value) = HeaderValue::from_str(&format!("00-{trace}-{}-00", &parent[16..])) {
        headers.insert(PARENT, value);
    }
    trace.into()
}

/// The trace's id of a `traceparent` that is valid.
fn id(headers: &HeaderMap) -> Option<Box<str>> {
    let mut values = headers.get_all(PARENT).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else {
        return None;
    };
    let mut parts = value.split('-');
    let mut part = |length| {
        let hex = |part: &&str| {
            part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        parts.next().filter(hex)
    };
    let (version, trace, parent, _) = (part(2)?, part(32)?, part(16)?, part(2)?);
    // A later version may have more parts, the first one has not.
    let known = version != "ff" && (version != "00" || parts.next().is_none());
    let zero = |part: &str| part.bytes().all(|digit| digit == b'0');
    (known && !zero(trace) && !zero(parent)).then(|| trace.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(value: &str) -> Option<Box<str>> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", value.parse().unwrap());
        id(&headers)
    }

    #[test]
    fn a_valid_header_names_its_trace() {
        let parent = "00f067aa0ba902b7";
        for value in [
            format!("00-{TRACE}-{parent}-01"),
            format!("cc-{TRACE}-{parent}-01-what-comes"),
        ] {
            assert_eq!(of(&value).as_deref(), Some(TRACE), "{value}");
        }
        let zero = "0".repeat(32);
        for value in [
            String::new(),
            "00".to_owned(),
            format!("00-{TRACE}-{parent}"),
            format!("00-{TRACE}-{parent}-01-more"),
            format!("ff-{TRACE}-{parent}-01"),
            format!("00-{zero}-{parent}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-{parent}-01", TRACE.to_uppercase()),
        ] {
            assert_eq!(of(&value), None, "{value}");
        }
    }

    #[test]
    fn a_request_without_a_trace_begins_one_and_says_so_to_whoever_comes_next() {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", "00-x-y-z".parse().unwrap());
        headers.insert("tracestate", "a=b".parse().unwrap());
        let begun = continued(&mut headers);
        assert_eq!(id(&headers).as_deref(), Some(&*begun));
        assert_eq!(continued(&mut headers), begun);
        assert_eq!(headers.get("tracestate"), None);
        assert_ne!(continued(&mut HeaderMap::new()), begun);
    }

    #[test]
    fn of_two_headers_neither_counts() {
        let mut headers = HeaderMap::new();
        let value: HeaderValue = format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap();
        headers.append("traceparent", value.clone());
        headers.append("traceparent", value);
        assert_eq!(id(&headers), None);
    }
}
