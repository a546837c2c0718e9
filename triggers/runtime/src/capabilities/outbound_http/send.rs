//! Requests on their way to a server, until the head of the answer.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use wasmtime_wasi_http::{Error, WasiBody};

use super::connect::Connection;

/// What came of sending a request.
pub(super) enum Attempt {
    /// The head of the answer is here; its body is read from the connection.
    Answered(Response<Incoming>, Connection),
    /// The connection was closed before anything of the request was written.
    Unsent(Request<WasiBody>, hyper::Error),
}

/// A request as it is sent to a server, and what is cancelled when the connection holds
/// its body no longer.
pub(super) fn prepared(request: Request<WasiBody>) -> (Request<WasiBody>, CancellationToken) {
    let taken = CancellationToken::new();
    let guard = taken.clone().drop_guard();
    let held = |body| Held {
        body,
        _guard: guard,
    };
    let mut request = request.map(|body| held(body).boxed_unsync());
    *request.uri_mut() = target(request.uri());
    (request, taken)
}

/// Sends a request. One of which anything may have been written is not given back: nobody
/// knows what the server made of it (RFC 9110, 9.2.2).
pub(super) async fn attempt(
    mut connection: Connection,
    request: Request<WasiBody>,
    patience: Duration,
) -> Result<Attempt, Error> {
    let sent = timeout(patience, connection.sender().try_send_request(request)).await;
    let sent = sent.map_err(|_| Error::ConnectionReadTimeout)?;
    let mut error = match sent {
        Ok(response) => return Ok(Attempt::Answered(response, connection)),
        Err(error) => error,
    };
    match error.take_message() {
        Some(request) => Ok(Attempt::Unsent(request, error.into_error())),
        None => Err(error.into_error().into()),
    }
}

/// What a server, other than a proxy, is asked for. Its name is in the headers.
fn target(uri: &Uri) -> Uri {
    let asked = uri.path_and_query().cloned();
    Uri::from(asked.unwrap_or_else(|| PathAndQuery::from_static("/")))
}

/// The body of a request, which tells when it is dropped.
struct Held {
    body: WasiBody,
    _guard: DropGuard,
}

impl Body for Held {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
