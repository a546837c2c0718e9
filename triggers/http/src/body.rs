//! Request bodies on their way in, response bodies on their way out.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use spindrift_runtime::{BodyError, ResponseBody};

use crate::access_log::Entry;

/// A request's body that stops at a size.
pub(crate) struct Limited {
    body: Incoming,
    left: u64,
    limit: u64,
    /// Set when the limit was passed, for the answer to say so.
    passed: Arc<AtomicBool>,
}

impl Limited {
    pub(crate) fn new(body: Incoming, limit: u64, passed: Arc<AtomicBool>) -> Self {
        Self {
            body,
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
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        let frame = frame.map_err(BodyError::from)?;
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
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body. The request is logged when it has ended, in whatever way.
pub(crate) struct Outgoing {
    source: Source,
    log: Entry,
}

enum Source {
    Function(ResponseBody),
    Here(Full<Bytes>),
}

impl Outgoing {
    pub(crate) fn from_function(body: ResponseBody, log: Entry) -> Self {
        Self {
            source: Source::Function(body),
            log,
        }
    }

    pub(crate) fn from_here(body: Bytes, log: Entry) -> Self {
        Self {
            source: Source::Here(Full::new(body)),
            log,
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
            Source::Here(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        };
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.log
                .sent(frame.data_ref().map_or(0, |data| data.len() as u64));
        }
        if let Poll::Ready(Some(Err(error))) = &frame {
            self.log.broke_off(error);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Function(body) => body.is_end_stream(),
            Source::Here(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Function(body) => body.size_hint(),
            Source::Here(body) => body.size_hint(),
        }
    }
}
