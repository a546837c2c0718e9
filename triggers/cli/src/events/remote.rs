//! Functions that somebody else serves, as events are delivered to them.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use spindrift_cloudevents::{Answer, Sink};

use crate::args::Address;

/// Bytes of an answer that are read: nobody looks at them, and it has to end.
const ANSWER: usize = 1 << 20;

/// How long a function may take, its start from nothing included.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long finding a host and connecting to it may take.
const CONNECTING: Duration = Duration::from_secs(5);

/// Posts to functions.
#[derive(Clone)]
pub(crate) struct Remote {
    client: Client<HttpConnector, Full<Bytes>>,
    address: Address,
}

impl Remote {
    pub(crate) fn new(address: Address) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTING));
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            address,
        }
    }

    async fn post(&self, component: &str, mut request: Request<Bytes>) -> Answer {
        let url = self.address.sink(component);
        match url.parse() {
            Ok(uri) => *request.uri_mut() = uri,
            Err(error) => return Answer::None(format!("{url}: {error}")),
        }
        let response = match self.client.request(request.map(Full::new)).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                return Answer::Unavailable(format!("cannot reach {url}: {}", cause(&error)));
            }
            Err(error) => return Answer::None(format!("{url}: {}", cause(&error))),
        };
        let status = response.status().as_u16();
        // It is done when its answer has ended.
        match Limited::new(response.into_body(), ANSWER).collect().await {
            Ok(_) => Answer::Status(status),
            Err(error) => Answer::None(format!("the answer of {url} broke off: {error}")),
        }
    }
}

impl Sink for Remote {
    async fn call(&self, component: &str, request: Request<Bytes>) -> Answer {
        let began = Instant::now();
        let id = request.headers().get("ce-id");
        let id = id
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let answer = tokio::time::timeout(PATIENCE, self.post(component, request))
            .await
            .unwrap_or_else(|_| Answer::None(format!("no answer in {} s", PATIENCE.as_secs())));
        let duration_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        tracing::info!(
            target: "event",
            function = component,
            event_id = id,
            status = answer.code(),
            duration_ms,
            "event"
        );
        answer
    }
}

/// The innermost reason, which says most.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
