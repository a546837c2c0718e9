//! What functions answer to events, wherever they run.

use std::error::Error;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use spindrift_cloudevents::{Answer, Sink, Verdict};
use spindrift_traces::{Kind, Span, incoming};

/// Bytes of an answer that are read: nobody looks at them, and it has to end.
const ANSWER: usize = 1 << 20;

/// A function's answer, once it has ended: the event is not done before.
pub(super) async fn answered<B>(response: Response<B>) -> Answer
where
    B: BodyExt<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let status = response.status().as_u16();
    match Limited::new(response.into_body(), ANSWER).collect().await {
        Ok(_) => Answer::Status(status),
        Err(error) => Answer::None(format!("its answer broke off: {error}")),
    }
}

/// A way to functions that writes a line for each call into the log.
#[derive(Clone)]
pub(super) struct Logged<S>(pub(super) S);

impl<S: Sink> Sink for Logged<S> {
    async fn call(&self, component: &str, mut request: Request<Bytes>) -> Answer {
        let began = Instant::now();
        let (id, ty) = (header(&request, "ce-id"), header(&request, "ce-type"));
        let name = || format!("process {ty}");
        let (trace_id, span) = incoming(request.headers_mut(), Kind::Consumer, name, true);
        let answer = self.0.call(component, request).await;
        describe(span, component, (&id, &ty), &answer);
        let duration_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        tracing::info!(
            target: "event",
            function = component,
            event_id = &*id,
            event_type = &*ty,
            status = answer.code(),
            duration_ms,
            trace_id = &*trace_id,
            "event"
        );
        answer
    }
}

/// By the semantic conventions of CloudEvents and of messages.
fn describe(mut span: Span, component: &str, (id, ty): (&str, &str), answer: &Answer) {
    if !span.is_recorded() {
        return;
    }
    span.set("cloudevents.event_id", id.to_owned());
    span.set("cloudevents.event_type", ty.to_owned());
    span.set("messaging.operation.type", "process");
    span.set("spindrift.function", component.to_owned());
    span.set("http.response.status_code", i64::from(answer.code()));
    if answer.verdict() != Verdict::Done {
        span.fail(answer.code().to_string());
    }
}

/// The text of a header; nothing for one that is not there.
pub(super) fn header(request: &Request<Bytes>, name: &str) -> String {
    let value = request.headers().get(name);
    let value = value.and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}
