//! Trace Context (W3C): which trace a request belongs to.

use http::HeaderMap;

/// The trace's id, 32 lower-case hexadecimal digits, of a `traceparent` that is valid.
/// `None` when there is none, or another: then the log knows no trace, and whoever is
/// given the header ignores it as the recommendation says.
pub(crate) fn id(headers: &HeaderMap) -> Option<Box<str>> {
    let mut values = headers.get_all("traceparent").iter();
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
    fn of_two_headers_neither_counts() {
        let mut headers = HeaderMap::new();
        let value: http::HeaderValue = format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap();
        headers.append("traceparent", value.clone());
        headers.append("traceparent", value);
        assert_eq!(id(&headers), None);
    }
}
