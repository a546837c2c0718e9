//! Functions of this process, as events are delivered to them.

use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use spindrift_cloudevents::{Answer, Sink};
use spindrift_runtime::{Call, CallError, Functions};

use super::answered::{answered, header};

/// Calls loaded functions. Clones call the same ones.
#[derive(Clone)]
pub(crate) struct InProcess(Arc<RwLock<Arc<Functions>>>);

impl InProcess {
    pub(crate) fn new(functions: Arc<Functions>) -> Self {
        Self(Arc::new(RwLock::new(functions)))
    }

    /// Calls others from now on.
    pub(crate) fn replace(&self, functions: Arc<Functions>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = functions;
    }

    fn functions(&self) -> Arc<Functions> {
        let functions = self.0.read().unwrap_or_else(PoisonError::into_inner);
        functions.clone()
    }
}

impl Sink for InProcess {
    async fn call(&self, component: &str, mut request: Request<Bytes>) -> Answer {
        let functions = self.functions();
        let Some(function) = functions.get(component) else {
            return Answer::Unavailable(format!("component \"{component}\" is not loaded"));
        };
        // A component of WASI 0.2 takes no request that was sent to nobody.
        if let Ok(host) = HeaderValue::try_from(format!("{component}.spin.internal")) {
            _ = request.headers_mut().entry(HOST).or_insert(host);
        }
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
