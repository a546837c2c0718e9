//! Spans: what was done, for whom, and how long it took.

use std::borrow::Cow;
use std::time::SystemTime;

use http::HeaderMap;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::Span as Recorded;

use crate::context::{self, Parent};
use crate::export::tracer;

/// Which side of a call a span tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request is answered.
    Server,
    /// A request is made.
    Client,
    /// An event is sent.
    Producer,
    /// An event is handled.
    Consumer,
}

/// A span under way; it ends when it is dropped. Nothing where nobody records it.
#[derive(Debug, Default)]
pub struct Span(Option<Recorded>);

impl Span {
    /// A span within another, from now on.
    pub fn within(parent: Option<&Parent>, kind: Kind, name: impl FnOnce() -> String) -> Self {
        Self::begin(parent, kind, name, None)
    }

    /// A span within another that began earlier.
    pub fn since(
        began: SystemTime,
        parent: Option<&Parent>,
        kind: Kind,
        name: impl FnOnce() -> String,
    ) -> Self {
        Self::begin(parent, kind, name, Some(began))
    }

    fn begin(
        parent: Option<&Parent>,
        kind: Kind,
        name: impl FnOnce() -> String,
        began: Option<SystemTime>,
    ) -> Self {
        let Some((tracer, parent)) = tracer().zip(parent) else {
            return Self(None);
        };
        let context = Context::new().with_remote_span_context(parent.0.clone());
        let builder = SpanBuilder {
            span_kind: Some(kind.into()),
            name: name().into(),
            start_time: began,
            ..SpanBuilder::default()
        };
        Self::recorded(tracer.build_with_context(builder, &context))
    }

    /// Says something of it, by the name that the semantic conventions have for it.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(name, value));
        }
    }

    /// Whether there is any use in saying something of it.
    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// Says that it failed, and how: in a word, by which failures are counted.
    pub fn fail(&mut self, kind: impl Into<Cow<'static, str>>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new("error.type", kind.into()));
            span.set_status(Status::error(""));
        }
    }

    /// Has the headers of a request name this span, unless they name one.
    pub fn name_in(&self, headers: &mut HeaderMap) {
        if let Some(span) = &self.0
            && context::of(headers).is_none()
        {
            context::name(headers, span.span_context());
        }
    }

    fn recorded(span: Recorded) -> Self {
        Self(span.is_recording().then_some(span))
    }
}

/// The trace that a call goes on with by its headers, or begins: its id, 32 lower-case
/// hexadecimal digits, and the span of the call. The headers name that span from then
/// on. Where nobody records, a trace that begins is marked as not sampled, and named
/// only if `read` says that whoever is called looks at it.
pub fn incoming(
    headers: &mut HeaderMap,
    kind: Kind,
    name: impl FnOnce() -> String,
    read: bool,
) -> (Box<str>, Span) {
    let Some(tracer) = tracer() else {
        return (context::continued(headers, read), Span(None));
    };
    let parent = context::of(headers);
    let context = match parent {
        Some(parent) => Context::new().with_remote_span_context(parent),
        None => Context::new(),
    };
    let builder = SpanBuilder::from_name(name()).with_kind(kind.into());
    let span = tracer.build_with_context(builder, &context);
    context::name(headers, span.span_context());
    let id = span.span_context().trace_id().to_string().into();
    (id, Span::recorded(span))
}

impl From<Kind> for SpanKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Server => Self::Server,
            Kind::Client => Self::Client,
            Kind::Producer => Self::Producer,
            Kind::Consumer => Self::Consumer,
        }
    }
}
