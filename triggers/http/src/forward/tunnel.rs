//! What goes on in the place of HTTP once both ends agreed, such as WebSocket.

use bytes::Bytes;
use http::header::{HeaderValue, UPGRADE};
use http::{Extensions, Request, Response};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, on};
use hyper_util::rt::TokioIo;
use tokio_util::task::TaskTracker;

use super::headers;
use crate::access_log::{Entry, Request as Logged};
use crate::body::{Asked, Outgoing};

/// A caller that asks for another protocol.
pub(super) struct Upgrade {
    pub(super) protocol: HeaderValue,
    caller: OnUpgrade,
}

impl Upgrade {
    /// `None` when the request asks for none.
    pub(super) fn wanted(request: &mut Request<Asked>) -> Option<Self> {
        Some(Self {
            protocol: headers::upgrade(request.headers())?.clone(),
            caller: on(request),
        })
    }

    /// Joins both ends after the service agreed. The request's line is written when they
    /// part.
    pub(super) fn join(
        self,
        mut response: Response<Incoming>,
        tunnels: &TaskTracker,
        logged: Logged,
    ) -> Response<Outgoing> {
        let log = logged.answered(response.status());
        tunnels.spawn(pass(self.caller, on(&mut response), log));
        let (mut parts, _) = response.into_parts();
        let protocol = parts.headers.get(UPGRADE).cloned();
        headers::remove_hop_by_hop(&mut parts.headers);
        headers::ask_for_upgrade(&mut parts.headers, protocol.unwrap_or(self.protocol));
        parts.extensions = Extensions::new();
        Response::from_parts(parts, Outgoing::unlogged(Bytes::new()))
    }
}

/// Passes on what both ends send until both have ended, or one is gone.
async fn pass(caller: OnUpgrade, service: OnUpgrade, mut log: Entry) {
    let (caller, service) = match tokio::try_join!(caller, service) {
        Ok(ends) => ends,
        Err(error) => return log.broke_off(&error),
    };
    let (mut caller, mut service) = (TokioIo::new(caller), TokioIo::new(service));
    match tokio::io::copy_bidirectional(&mut caller, &mut service).await {
        Ok((_, sent)) => log.sent(sent),
        Err(error) => log.broke_off(&error),
    }
}
