//! Requests to the API server: one place that retries, times out and understands
//! refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::header::{DATE, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use kube::core::Status;
use serde_json::Value;

use super::error::{Error, Result};
use super::options::Timing;
use super::stop::Stop;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;
/// The longest pause that the API server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One namespace of a cluster.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    url: Arc<str>,
    pub(crate) namespace: Arc<str>,
    pub(crate) timing: Arc<Timing>,
    pub(crate) stop: Stop,
    /// How far the API server's clock is ahead of this machine's, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Api {
    pub(crate) fn new(
        client: Client,
        url: Arc<str>,
        namespace: &str,
        timing: Arc<Timing>,
        stop: Stop,
    ) -> Self {
        Self {
            client,
            url,
            namespace: namespace.into(),
            timing,
            stop,
            ahead: Arc::default(),
        }
    }

    /// The same, for work that is done whatever `stop` says.
    pub(crate) fn with_stop(&self, stop: Stop) -> Self {
        Self {
            stop,
            ..self.clone()
        }
    }

    /// The time, by the API server's clock as far as it told it.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.ahead.load(Ordering::Relaxed))
    }

    /// Waits, unless the work is to end.
    pub(crate) async fn pause(&self, duration: Duration) -> Result<()> {
        tokio::select! {
            () = tokio::time::sleep(duration) => Ok(()),
            ended = self.stop.ended() => Err(ended),
        }
    }

    /// Sends a request and reads the JSON that answers it. `what` is told to people.
    /// What is idempotent is sent again after answers that promise to be other ones.
    pub(crate) async fn send(&self, what: &str, request: &Request<Vec<u8>>) -> Result<Value> {
        let text = self.send_text(what, request).await?;
        serde_json::from_str(&text).map_err(|error| Error::Answer {
            what: what.to_owned(),
            why: error.to_string(),
        })
    }

    /// Like [`send`](Self::send), for answers that are text.
    pub(crate) async fn send_text(&self, what: &str, request: &Request<Vec<u8>>) -> Result<String> {
        let mut attempt = 1;
        loop {
            self.stop.check()?;
            let again = attempt < ATTEMPTS;
            let pause = match self.once(request).await {
                Ok((StatusCode::UNAUTHORIZED, ..)) => {
                    return Err(Error::Unauthorized {
                        what: what.to_owned(),
                    });
                }
                Ok((code, _, text)) if code.is_success() => return Ok(text),
                Ok((code, asked, text)) => {
                    if !(again && is_passing(code, request.method())) {
                        return Err(refusal(what, code, &text));
                    }
                    asked.unwrap_or(Duration::ZERO).min(LONGEST_PAUSE)
                }
                Err(kube::Error::Auth(error)) => return Err(Error::Config(error.to_string())),
                Err(error) if again && *request.method() != Method::POST => {
                    let why = chain(&error);
                    tracing::debug!(what, %why, "the API server did not answer");
                    Duration::ZERO
                }
                Err(error) => return Err(self.unreachable(&error)),
            };
            let backoff = self.timing.retry * 2_u32.pow(attempt - 1);
            self.pause(pause.max(backoff)).await?;
            attempt += 1;
        }
    }

    /// Like [`send_text`](Self::send_text), once: for what may well not be there, and is
    /// asked again anyhow.
    pub(crate) async fn try_text(&self, what: &str, request: &Request<Vec<u8>>) -> Result<String> {
        self.stop.check()?;
        match self.once(request).await {
            Ok((code, _, text)) if code.is_success() => Ok(text),
            Ok((code, _, text)) => Err(refusal(what, code, &text)),
            Err(error) => Err(self.unreachable(&error)),
        }
    }

    /// An answer that goes on, such as a log that is followed.
    pub(crate) async fn stream(
        &self,
        what: &str,
        request: &Request<Vec<u8>>,
    ) -> Result<Response<Body>> {
        let response = self.exchange(request).await;
        let response = response.map_err(|error| self.unreachable(&error))?;
        let code = response.status();
        if code.is_success() {
            return Ok(response);
        }
        let text = text(response).await.unwrap_or_default();
        Err(refusal(what, code, &text))
    }

    async fn once(
        &self,
        request: &Request<Vec<u8>>,
    ) -> Result<(StatusCode, Option<Duration>, String), kube::Error> {
        let answered = async {
            let response = self.exchange(request).await?;
            self.read_clock(&response);
            let code = response.status();
            let asked = retry_after(&response);
            Ok((code, asked, text(response).await?))
        };
        tokio::time::timeout(self.timing.request, answered)
            .await
            .unwrap_or_else(|_| {
                let seconds = self.timing.request.as_secs();
                let why = format!("no answer within {seconds} s");
                Err(kube::Error::Service(why.into()))
            })
    }

    async fn exchange(&self, request: &Request<Vec<u8>>) -> Result<Response<Body>, kube::Error> {
        let request = request.clone().map(Body::from);
        self.client.send(request).await
    }

    fn unreachable(&self, error: &kube::Error) -> Error {
        Error::Unreachable {
            url: self.url.to_string(),
            why: chain(error),
        }
    }

    fn read_clock(&self, response: &Response<Body>) {
        let date = response
            .headers()
            .get(DATE)
            .and_then(|date| date.to_str().ok())
            .and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        if let Some(date) = date {
            // The header has whole seconds: less than two apart is no difference.
            let ahead = date.with_timezone(&Utc) - Utc::now();
            let ahead = if ahead.abs() < TimeDelta::seconds(2) {
                0
            } else {
                ahead.num_milliseconds()
            };
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

/// An error with its causes: the outermost says only that a request failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Whether the same request may succeed a little later. 429 was not acted upon, a 5xx
/// perhaps was.
fn is_passing(code: StatusCode, method: &Method) -> bool {
    code == StatusCode::TOO_MANY_REQUESTS || (code.is_server_error() && *method != Method::POST)
}

fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

async fn text(response: Response<Body>) -> Result<String, kube::Error> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn refusal(what: &str, code: StatusCode, text: &str) -> Error {
    let what = what.to_owned();
    if code == StatusCode::UNAUTHORIZED {
        return Error::Unauthorized { what };
    }
    let mut status = serde_json::from_str::<Status>(text)
        .unwrap_or_else(|_| Status::failure(text.trim(), code.canonical_reason().unwrap_or("")));
    status.code = code.as_u16();
    let owners = status
        .details
        .iter()
        .flat_map(|details| &details.causes)
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| format!("{} at {}", cause.message, cause.field))
        .collect::<Vec<_>>();
    if code == StatusCode::CONFLICT && !owners.is_empty() {
        return Error::Conflict { what, owners };
    }
    Error::Api {
        what,
        status: Box::new(status),
    }
}
