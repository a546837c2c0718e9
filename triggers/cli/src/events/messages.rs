//! Messages of Redis, on their way to functions.

use std::future::Future;
use std::time::Duration;

use chrono::Utc;
use http::Uri;
use prometheus_client::registry::Registry;
use spindrift_cloudevents::http::to_request;
use spindrift_cloudevents::{Event, Sink, Verdict};
use spindrift_redis::{Deliver, Message, Metrics, Outcome, Subscription};
use tokio_util::sync::CancellationToken;

/// How long a function may still take when everything stops: as long as a request's.
const DRAIN: Duration = Duration::from_secs(25);

/// Delivers what comes on channels, until the stop.
pub(super) fn all<S: Sink + Clone>(
    subscriptions: Vec<Subscription>,
    sink: &S,
    registry: &mut Registry,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<S> {
    let deliver = ToFunction(sink.clone());
    let metrics = Metrics::register(registry);
    spindrift_redis::run(subscriptions, deliver, metrics, DRAIN, stop)
}

/// Gives messages to functions, each once: nobody keeps them for a second attempt.
#[derive(Clone)]
struct ToFunction<S>(S);

impl<S: Sink + Clone> Deliver for ToFunction<S> {
    async fn deliver(&self, message: Message) -> Outcome {
        let attributes = message.attributes(Utc::now());
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
        let event = match Event::new(attributes, message.payload) {
            Ok(event) => event,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let request = to_request(&event, Uri::from_static("/"));
        let answer = self.0.call(&message.component, request).await;
        match answer.verdict() {
            Verdict::Done => Outcome::Delivered,
            Verdict::Retry | Verdict::Wait | Verdict::Reject => Outcome::Failed(answer.reason()),
        }
    }
}
