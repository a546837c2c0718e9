//! Whether the process should get requests.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the process says of itself. Clones say the same.
#[derive(Clone, Debug)]
pub struct Health {
    /// Cancelled as soon as it should get no new requests.
    stop: CancellationToken,
    /// What it waits for.
    missing: watch::Receiver<Option<&'static str>>,
}

impl Health {
    /// A process that is ready until `stop`, but not while `missing` holds something: the
    /// name of what it waits for, such as `the database`.
    pub fn new(stop: CancellationToken, missing: watch::Receiver<Option<&'static str>>) -> Self {
        Self { stop, missing }
    }

    /// A process that is ready until `stop`.
    pub fn until(stop: CancellationToken) -> Self {
        Self::new(stop, watch::channel(None).1)
    }

    /// The answer to whoever asks whether it is ready: 200, or 503 with the reason.
    pub(crate) fn readiness(&self) -> (StatusCode, String) {
        if self.stop.is_cancelled() {
            return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
        }
        match *self.missing.borrow() {
            Some(what) => {
                let text = format!("waiting for {what}\n");
                (StatusCode::SERVICE_UNAVAILABLE, text)
            }
            None => (StatusCode::OK, "ready\n".to_owned()),
        }
    }

    /// The answer to whoever asks whether it lives.
    pub(crate) fn liveness(&self) -> (StatusCode, String) {
        (StatusCode::OK, "alive\n".to_owned())
    }

    /// The answer to a probe that comes in where requests do; `None` for any other path.
    pub(crate) fn probe(&self, path: &str) -> Option<Response<Bytes>> {
        let (status, text) = match path {
            "/_spindrift/livez" => self.liveness(),
            "/_spindrift/readyz" => self.readiness(),
            _ => return None,
        };
        let mut response = Response::new(Bytes::from(text));
        *response.status_mut() = status;
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        Some(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_once_nothing_is_missing_and_until_it_stops() {
        let (missing, watched) = watch::channel(Some("the database"));
        let stop = CancellationToken::new();
        let health = Health::new(stop.clone(), watched);
        let away = (
            StatusCode::SERVICE_UNAVAILABLE,
            "waiting for the database\n".to_owned(),
        );
        assert_eq!(health.readiness(), away);
        missing.send_replace(None);
        assert_eq!(health.readiness(), (StatusCode::OK, "ready\n".to_owned()));
        stop.cancel();
        assert_eq!(health.readiness().1, "stopping\n");
        assert_eq!(health.liveness().0, StatusCode::OK);
    }
}
