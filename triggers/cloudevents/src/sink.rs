//! Where events are delivered to.

use std::future::Future;

use bytes::Bytes;
use http::Request;

use crate::Answer;

/// Calls functions: in this process, or over the network.
pub trait Sink: Send + Sync + 'static {
    /// Gives a component a request and waits for its whole answer.
    fn call(&self, component: &str, request: Request<Bytes>)
    -> impl Future<Output = Answer> + Send;
}
