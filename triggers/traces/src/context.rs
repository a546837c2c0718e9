//! Trace Context (W3C): which trace a call belongs to.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use uuid::Uuid;

use crate::export::tracer;

const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// Where an event that is brought by a request has the trace that it was made in
/// (CloudEvents, distributed tracing extension).
const EVENT_PARENT: HeaderName = HeaderName::from_static("ce-traceparent");
const EVENT_STATE: HeaderName = HeaderName::from_static("ce-tracestate");

/// What further spans of a trace that is recorded belong under.
#[derive(Clone, Debug)]
pub struct Parent(pub(crate) SpanContext);

impl Parent {
    /// By the headers of a call. Nothing where nobody records its trace.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        // Who asks on every request does not have them read for nothing.
        tracer()?;
        of(headers).filter(SpanContext::is_sampled).map(Self)
    }

    /// By the attributes of an event, named as the headers are. Nothing where nobody
    /// records its trace.
    pub fn of_event(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        tracer()?;
        let context = parse(traceparent, tracestate.unwrap_or_default());
        context.filter(SpanContext::is_sampled).map(Self)
    }
}

/// The id of the trace that a call goes on with. One whose headers name none begins a
/// trace, which they name from then on, if that is `read`; nobody records it, and so it
/// is marked as not sampled.
pub(crate) fn continued(headers: &mut HeaderMap, read: bool) -> Box<str> {
    if let Some(context) = of_request(headers) {
        return hex(&context);
    }
    let context = of_event(headers).unwrap_or_else(begun);
    if read || headers.contains_key(PARENT) {
        name(headers, &context);
    }
    hex(&context)
}

/// The id of a span's trace.
fn hex(context: &SpanContext) -> Box<str> {
    let id = Uuid::from_bytes(context.trace_id().to_bytes());
    (&*id.simple().encode_lower(&mut Uuid::encode_buffer())).into()
}

/// The first span of a trace that nobody records.
fn begun() -> SpanContext {
    let [trace, span] = [Uuid::new_v4(), Uuid::new_v4()];
    let (_, span) = span.as_u64_pair();
    SpanContext::new(
        TraceId::from(trace.as_u128()),
        // Its first bits are never all zero: they tell the variant.
        SpanId::from(span),
        TraceFlags::NOT_SAMPLED,
        false,
        TraceState::NONE,
    )
}

/// Has headers name a span.
pub(crate) fn name(headers: &mut HeaderMap, context: &SpanContext) {
    let (trace, span) = (context.trace_id(), context.span_id());
    let flags = context.trace_flags();
    if let Ok(value) = HeaderValue::from_str(&format!("00-{trace}-{span}-{flags:02x}")) {
        headers.insert(PARENT, value);
    }
    match HeaderValue::from_str(&context.trace_state().header()) {
        Ok(value) if !value.is_empty() => headers.insert(STATE, value),
        _ => headers.remove(STATE),
    };
}

/// The span that headers name: that of the request, or else that of its event.
pub(crate) fn of(headers: &HeaderMap) -> Option<SpanContext> {
    of_request(headers).or_else(|| of_event(headers))
}

fn of_request(headers: &HeaderMap) -> Option<SpanContext> {
    named(headers, &PARENT, &STATE)
}

fn of_event(headers: &HeaderMap) -> Option<SpanContext> {
    named(headers, &EVENT_PARENT, &EVENT_STATE)
}

/// Of several spans none counts.
fn named(headers: &HeaderMap, parent: &HeaderName, state: &HeaderName) -> Option<SpanContext> {
    let mut values = headers.get_all(parent).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else {
        return None;
    };
    let states = headers.get_all(state).iter();
    let states: Vec<&str> = states.filter_map(|state| state.to_str().ok()).collect();
    parse(value, &states.join(","))
}

/// The span that a valid `traceparent` names.
fn parse(value: &str, state: &str) -> Option<SpanContext> {
    let mut parts = value.split('-');
    let mut part = |length| {
        let hex = |part: &&str| {
            part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        parts.next().filter(hex)
    };
    let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
    // A later version may have more parts, the first one has not.
    let known = version != "ff" && (version != "00" || parts.next().is_none());
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED,
        true,
        // One that cannot be read is left out, and the trace goes on.
        state.parse().unwrap_or_default(),
    );
    (known && context.is_valid()).then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn trace(headers: &HeaderMap) -> Option<String> {
        Some(of(headers)?.trace_id().to_string())
    }

    fn trace_of(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", value.parse().unwrap());
        trace(&headers)
    }

    #[test]
    fn a_valid_header_names_its_trace() {
        let parent = "00f067aa0ba902b7";
        for value in [
            format!("00-{TRACE}-{parent}-01"),
            format!("cc-{TRACE}-{parent}-01-what-comes"),
        ] {
            assert_eq!(trace_of(&value).as_deref(), Some(TRACE), "{value}");
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
            assert_eq!(trace_of(&value), None, "{value}");
        }
    }

    #[test]
    fn a_request_without_a_trace_begins_one_and_says_so_to_whoever_comes_next() {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", "00-x-y-z".parse().unwrap());
        headers.insert("tracestate", "a=b".parse().unwrap());
        let begun = continued(&mut headers, false);
        assert_eq!(trace(&headers).as_deref(), Some(&*begun));
        assert!(!of(&headers).unwrap().is_sampled());
        assert_eq!(continued(&mut headers, true), begun);
        assert_eq!(headers.get("tracestate"), None);
        let mut headers = HeaderMap::new();
        assert_ne!(continued(&mut headers, true), begun);
        assert!(headers.contains_key("traceparent"));
    }

    #[test]
    fn nobody_is_told_of_a_trace_who_does_not_look_at_it() {
        let mut headers = HeaderMap::new();
        assert_eq!(continued(&mut headers, false).len(), 32);
        assert!(headers.is_empty());
    }

    #[test]
    fn of_two_headers_neither_counts() {
        let mut headers = HeaderMap::new();
        let value: HeaderValue = format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap();
        headers.append("traceparent", value.clone());
        headers.append("traceparent", value);
        assert_eq!(of(&headers), None);
    }

    #[test]
    fn an_event_has_the_trace_that_it_was_made_in_where_its_request_has_none() {
        let mut headers = HeaderMap::new();
        let event = format!("00-{TRACE}-00f067aa0ba902b7-01");
        headers.insert("ce-traceparent", event.parse().unwrap());
        assert_eq!(&*continued(&mut headers, true), TRACE);
        assert_eq!(headers["traceparent"], *event);
        let request = format!("00-{}-00f067aa0ba902b7-01", TRACE.replace('4', "5"));
        headers.insert("traceparent", request.parse().unwrap());
        assert_eq!(trace(&headers).as_deref(), Some(&request[3..35]));
    }

    #[test]
    fn a_span_is_named_as_it_was_read() {
        let mut headers = HeaderMap::new();
        let value = format!("00-{TRACE}-00f067aa0ba902b7-01");
        headers.insert("traceparent", value.parse().unwrap());
        headers.append("tracestate", "a=1".parse().unwrap());
        headers.append("tracestate", "b@v=2".parse().unwrap());
        let read = of(&headers).unwrap();
        assert!(read.is_sampled());
        let mut named = HeaderMap::new();
        named.insert("tracestate", "of=another".parse().unwrap());
        name(&mut named, &read);
        assert_eq!(named["traceparent"], *value);
        assert_eq!(named["tracestate"], "a=1,b@v=2");
    }
}
