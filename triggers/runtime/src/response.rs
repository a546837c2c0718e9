//! Responses on their way to whoever called.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use crate::drive::Drive;
use crate::reader::Reader;
use crate::{Body, BodyError};

/// Bytes of a response that are taken from a function before its caller takes any.
const AHEAD: usize = 64 << 10;

/// The body of a function's response: what the function wrote at once, and the
/// rest as it goes on.
pub struct ResponseBody {
    ready: VecDeque<Frame<Bytes>>,
    rest: Option<Rest>,
}

/// What a function has still to write. Dropping it tells the instance so.
struct Rest {
    body: Body,
    reader: Arc<Reader>,
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.reader.end();
    }
}

impl ResponseBody {
    pub(crate) fn new(body: Body, reader: Arc<Reader>) -> Self {
        Self {
            ready: VecDeque::new(),
            rest: Some(Rest { body, reader }),
        }
    }

    /// Whether all of it is here.
    pub(crate) fn is_whole(&self) -> bool {
        self.rest.is_none()
    }

    /// Takes what the function writes without waiting for anything, and drives it
    /// on meanwhile. Answers whether the instance is free.
    ///
    /// # Errors
    ///
    /// What ended the instance, or what is wrong with its response.
    pub(crate) fn take_ready(
        &mut self,
        drive: &mut Drive,
        cx: &mut Context<'_>,
    ) -> wasmtime::Result<bool> {
        let mut room = AHEAD;
        self.take_frames(&mut room, cx)?;
        // What is long is sent while the rest of it is made.
        while room > 0 {
            if let Poll::Ready(ended) = drive.poll(cx) {
                return ended.map(|()| true);
            }
            if !self.take_frames(&mut room, cx)? {
                break;
            }
        }
        Ok(false)
    }

    /// Takes the frames that are there. Answers whether it came any further.
    fn take_frames(&mut self, room: &mut usize, cx: &mut Context<'_>) -> Result<bool, BodyError> {
        let mut further = false;
        while let Some(rest) = &mut self.rest {
            if *room == 0 {
                break;
            }
            let next = if rest.body.is_end_stream() {
                Poll::Ready(None)
            } else {
                Pin::new(&mut rest.body).poll_frame(cx)
            };
            let Poll::Ready(next) = next else { break };
            further = true;
            match next.transpose()? {
                Some(frame) => {
                    *room = room.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
                    self.ready.push_back(frame);
                }
                None => self.rest = None,
            }
        }
        Ok(further)
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(frame) = self.ready.pop_front() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(&mut rest.body).poll_frame(cx));
        if frame.is_some() {
            return Poll::Ready(frame);
        }
        let failed = rest.reader.has_failed();
        self.rest = None;
        Poll::Ready(failed.then_some(Err(BodyError::HttpResponseIncomplete)))
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let bytes = |frame: &Frame<Bytes>| frame.data_ref().map_or(0, |data| data.len() as u64);
        let ready = self.ready.iter().map(bytes).sum();
        match &self.rest {
            None => SizeHint::with_exact(ready),
            Some(_) => SizeHint::default(),
        }
    }
}
