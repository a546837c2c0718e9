//! Request bodies on their way in, response bodies on their way out.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use spindrift_runtime::{BodyError, ResponseBody};

use crate::access_log::{Entry, Request as Logged};

/// How much of a body that nobody wants is read all the same, and for how long.
const LINGER_BYTES: u64 = 16 << 20;
const LINGER: Duration = Duration::from_secs(2);

/// The body of a request, as it comes.
pub(crate) enum Asked {
    /// From a connection.
    Outside(Incoming),
    /// From a function of the same application.
    Inside(spindrift_runtime::Body),
}

impl Body for Asked {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Outside(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::from),
            Self::Inside(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Outside(body) => body.is_end_stream(),
            Self::Inside(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Outside(body) => body.size_hint(),
            Self::Inside(body) => body.size_hint(),
        }
    }
}

/// A request's body that stops at a size. What its function leaves unread is read
/// and forgotten, up to a bound ([`linger`]).
pub(crate) struct Limited {
    /// There until dropped.
    body: Option<Asked>,
    left: u64,
    limit: u64,
    /// Set when the limit was passed, for the answer to say so.
    passed: Arc<AtomicBool>,
}

impl Limited {
    pub(crate) fn new(body: Asked, limit: u64, passed: Arc<AtomicBool>) -> Self {
        Self {
            body: Some(body),
            left: limit,
            limit,
            passed,
        }
    }
}

impl Body for Limited {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let Some(frame) = ready!(Pin::new(body).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        let frame = frame?;
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        match self.left.checked_sub(length) {
            Some(left) => self.left = left,
            None => {
                self.passed.store(true, Ordering::Relaxed);
                return Poll::Ready(Some(Err(BodyError::HttpRequestBodySize(Some(self.limit)))));
            }
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            linger(body);
        }
    }
}

/// Reads on for a while what nobody wants. Many callers send their whole request
/// before they look at the answer; were the connection closed under it, they would
/// see a broken pipe in the place of a 413 (RFC 9112, section 9.6).
pub(crate) fn linger(mut body: Asked) {
    if body.is_end_stream() {
        return;
    }
    let rest = async move {
        let mut left = LINGER_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Without a runtime the process is ending, and its connections with it.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(tokio::time::timeout(LINGER, rest));
    }
}

/// A response's body. The request is logged when it has ended, in whatever way.
pub(crate) struct Outgoing {
    source: Source,
    log: Option<Entry>,
}

enum Source {
    Function(ResponseBody),
    Upstream(Incoming),
    Here(Full<Bytes>),
}

impl Outgoing {
    pub(crate) fn from_function(body: ResponseBody, log: Entry) -> Self {
        Self {
            source: Source::Function(body),
            log: Some(log),
        }
    }

    pub(crate) fn from_upstream(body: Incoming, log: Entry) -> Self {
        Self {
            source: Source::Upstream(body),
            log: Some(log),
        }
    }

    /// An answer that is there whole.
    pub(crate) fn answer(response: Response<Bytes>, logged: Logged) -> Response<Self> {
        let log = Some(logged.answered(response.status()));
        response.map(|body| Self {
            source: Source::Here(Full::new(body)),
            log,
        })
    }

    /// A body that no line of the log is about.
    pub(crate) fn unlogged(body: Bytes) -> Self {
        Self {
            source: Source::Here(Full::new(body)),
            log: None,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = match &mut self.source {
            Source::Function(body) => Pin::new(body).poll_frame(cx),
            Source::Upstream(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::from),
            Source::Here(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        };
        match (&frame, &mut self.log) {
            (Poll::Ready(Some(Ok(frame))), Some(log)) => {
                log.sent(frame.data_ref().map_or(0, |data| data.len() as u64));
            }
            (Poll::Ready(Some(Err(error))), Some(log)) => log.broke_off(error),
            _ => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Function(body) => body.is_end_stream(),
            Source::Upstream(body) => body.is_end_stream(),
            Source::Here(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Function(body) => body.size_hint(),
            Source::Upstream(body) => body.size_hint(),
            Source::Here(body) => body.size_hint(),
        }
    }
}
