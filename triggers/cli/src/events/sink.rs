//! Functions of this process, as events are delivered to them.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use spindrift_cloudevents::{Answer, Sink};
use spindrift_runtime::{Call, CallError, Functions};

use super::answered::{answered, header};

/// Calls loaded functions.
#[derive(Clone)]
pub(crate) struct InProcess(pub(crate) Arc<Functions>);

impl Sink for InProcess {
    async fn call(&self, component: &str, request: Request<Bytes>) -> Answer {
        let Some(function) = self.0.get(component) else {
            return Answer::Unavailable(format!("component \"{component}\" is not loaded"));
        };
        let call = Call {
            request_id: header(&request, "ce-id").into(),
        };
        let request = request.map(|data| {
            let body = Full::new(data).map_err(|never| match never {});
            body.boxed_unsync()
        });
        match function.call(call, request).await {
            Ok(response) => answered(response).await,
            Err(error @ CallError::Busy { .. }) => Answer::Unavailable(error.to_string()),
            Err(error) => Answer::None(error.to_string()),
        }
    }
}
