//! Functions of this process, as events are delivered to them.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use spindrift_cloudevents::{Answer, Sink};
use spindrift_runtime::{Call, CallError, Functions};

/// Bytes of an answer that are read: nobody looks at them, and it has to end.
const ANSWER: usize = 1 << 20;

/// Calls loaded functions.
#[derive(Clone)]
pub(crate) struct InProcess(pub(crate) Arc<Functions>);

impl Sink for InProcess {
    async fn call(&self, component: &str, request: Request<Bytes>) -> Answer {
        let began = Instant::now();
        let (id, ty) = (header(&request, "ce-id"), header(&request, "ce-type"));
        let answer = self.answer(component, &id, request).await;
        let duration_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        tracing::info!(
            target: "event",
            function = component,
            event_id = &*id,
            event_type = &*ty,
            status = answer.code(),
            duration_ms,
            "event"
        );
        answer
    }
}

impl InProcess {
    async fn answer(&self, component: &str, id: &str, request: Request<Bytes>) -> Answer {
        let Some(function) = self.0.get(component) else {
            return Answer::Unavailable(format!("component \"{component}\" is not loaded"));
        };
        let call = Call {
            request_id: id.into(),
        };
        let request = request.map(|data| {
            let body = Full::new(data).map_err(|never| match never {});
            body.boxed_unsync()
        });
        match function.call(call, request).await {
            Ok(response) => {
                let status = response.status().as_u16();
                // It is done when its answer has ended.
                match Limited::new(response.into_body(), ANSWER).collect().await {
                    Ok(_) => Answer::Status(status),
                    Err(error) => Answer::None(format!("its answer broke off: {error}")),
                }
            }
            Err(error @ CallError::Busy { .. }) => Answer::Unavailable(error.to_string()),
            Err(error) => Answer::None(error.to_string()),
        }
    }
}

fn header(request: &Request<Bytes>, name: &str) -> String {
    let value = request.headers().get(name);
    let value = value.and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}
