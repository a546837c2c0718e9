//! A collector of traces: OTLP over HTTP, as its protocol buffers describe it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1 as otlp;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode as Outcome;
use prost::Message as _;
use spindrift_tests::Start;
use tokio::task::JoinSet;

use crate::stand_in::serve;

pub(crate) use otlp::span::SpanKind as Kind;

/// A span, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) lasted: Duration,
    pub(crate) failed: bool,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Span {
    /// The function that it is about, if any.
    pub(crate) fn function(&self) -> &str {
        let function = self.attributes.get("spindrift.function");
        function.map_or("", String::as_str)
    }
}

type Spans = Arc<Mutex<Vec<Span>>>;

/// Keeps what it is sent.
pub(crate) struct Collector {
    url: String,
    spans: Spans,
    /// Ends with this.
    _server: JoinSet<()>,
}

impl Collector {
    pub(crate) async fn start() -> Result<Self> {
        let spans = Spans::default();
        let routes = Router::new()
            .route("/v1/traces", post(take))
            .with_state(spans.clone());
        let (url, server) = serve(routes).await?;
        Ok(Self {
            url,
            spans,
            _server: server,
        })
    }

    /// A program that is told where it is.
    pub(crate) fn told(&self, start: Start) -> Start {
        start
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", &self.url)
            .env("OTEL_BSP_SCHEDULE_DELAY", "100")
    }

    /// What came of a trace.
    pub(crate) fn spans(&self, trace: &str) -> Vec<Span> {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans
            .iter()
            .filter(|span| span.trace == trace)
            .cloned()
            .collect()
    }

    /// How many came at all.
    pub(crate) fn count(&self) -> usize {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        spans.len()
    }
}

async fn take(State(spans): State<Spans>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut spans = spans.lock().unwrap_or_else(PoisonError::into_inner);
    for of in request.resource_spans {
        let resource = attributes(of.resource.unwrap_or_default().attributes);
        let service = resource.get("service.name").cloned().unwrap_or_default();
        let all = of.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.extend(all.map(|of| span(&service, of)));
    }
    StatusCode::OK
}

fn span(service: &str, span: otlp::Span) -> Span {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let nanoseconds = span
        .end_time_unix_nano
        .saturating_sub(span.start_time_unix_nano);
    Span {
        service: service.to_owned(),
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: span.kind(),
        name: span.name,
        lasted: Duration::from_nanos(nanoseconds),
        failed: span.status.unwrap_or_default().code() == Outcome::Error,
        attributes: attributes(span.attributes),
    }
}

fn attributes(list: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    let value = |of: KeyValue| (of.key, text(of.value.and_then(|value| value.value)));
    list.into_iter().map(value).collect()
}
