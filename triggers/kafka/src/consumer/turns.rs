//! How many records are with the function at once.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use spindrift_cloudevents::{Answer, Sink};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::metrics::TopicMetrics;

/// A sink that is called only with a turn. A delivery that pauses before its next
/// attempt has none, so that a retrying partition holds itself alone.
pub(crate) struct Turns<S> {
    pub(crate) sink: Arc<S>,
    pub(crate) turns: Arc<Semaphore>,
    pub(crate) stop: CancellationToken,
    pub(crate) metrics: TopicMetrics,
}

impl<S: Sink> Sink for Turns<S> {
    async fn call(&self, component: &str, request: Request<Bytes>) -> Answer {
        let _turn = tokio::select! {
            turn = self.turns.acquire() => turn,
            () = self.stop.cancelled() => return Answer::Unavailable("stopping".to_owned()),
        };
        let answer = self.sink.call(component, request).await;
        self.metrics.answered(&answer);
        answer
    }
}
