//! Functions that somebody else serves, as events are delivered to them.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self as client, Client};
use hyper_util::rt::TokioExecutor;
use spindrift_cloudevents::{Answer, Sink};

use super::answered::answered;
use crate::args::{Address, Placement};

/// How long a function may take, its start from nothing included.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long finding a host and connecting to it may take.
const CONNECTING: Duration = Duration::from_secs(5);

/// Posts to functions.
#[derive(Clone)]
pub(crate) struct Remote {
    client: Client<HttpConnector, Full<Bytes>>,
    address: Address,
    placement: Placement,
}

impl Remote {
    pub(crate) fn new(address: Address, placement: Placement) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTING));
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            address,
            placement,
        }
    }

    async fn post(&self, component: &str, mut request: Request<Bytes>) -> Answer {
        let url = self.address.sink(component, &self.placement);
        match url.parse() {
            Ok(uri) => *request.uri_mut() = uri,
            Err(error) => return Answer::None(format!("{url}: {error}")),
        }
        let response = match self.client.request(request.map(Full::new)).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                return Answer::Unavailable(format!("cannot reach {url}: {}", cause(error)));
            }
            Err(error) => return Answer::None(format!("{url}: {}", cause(error))),
        };
        answered(response).await
    }
}

impl Sink for Remote {
    async fn call(&self, component: &str, request: Request<Bytes>) -> Answer {
        tokio::time::timeout(PATIENCE, self.post(component, request))
            .await
            .unwrap_or_else(|_| Answer::None(format!("no answer in {} s", PATIENCE.as_secs())))
    }
}

/// The innermost reason, which says most.
fn cause(error: client::Error) -> String {
    anyhow::Error::new(error).root_cause().to_string()
}
