//! Connections to services.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::time::Instant;
use tower_service::Service;

/// How long finding a host and connecting to it may take.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long a host may refuse. Between the end of one pod and the next one's start a
/// service is nobody for a moment; as nothing was sent yet, any request can wait for it.
const REFUSING: Duration = Duration::from_secs(2);

/// The first and the longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(320));

/// Connects, and is patient with a host that refuses.
#[derive(Clone)]
pub(super) struct Connector(HttpConnector);

impl Connector {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECTING));
        connector.set_nodelay(true);
        Self(connector)
    }
}

type Connection = <HttpConnector as Service<Uri>>::Response;
type Failure = <HttpConnector as Service<Uri>>::Error;

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, Failure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let mut connector = self.0.clone();
        Box::pin(async move {
            let deadline = Instant::now() + REFUSING;
            let (mut pause, longest) = PAUSES;
            loop {
                match connector.call(uri.clone()).await {
                    Err(error) if is_refusal(&error) && Instant::now() + pause < deadline => {
                        tokio::time::sleep(pause).await;
                        pause = longest.min(pause * 2);
                    }
                    result => return result,
                }
            }
        })
    }
}

fn is_refusal(error: &Failure) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind() == io::ErrorKind::ConnectionRefused;
        }
        cause = error.source();
    }
    false
}
