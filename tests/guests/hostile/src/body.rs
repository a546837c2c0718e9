//! Responses, sane and otherwise.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use spin_sdk::http::{BoxBody, FullBody, HeaderValue, Response, box_body};
use spin_sdk::time;

/// One piece of a large body.
const PIECE: usize = 64 << 10;

pub(crate) fn text(text: impl Into<Bytes>) -> Response<BoxBody> {
    Response::new(box_body(FullBody::new(text.into())))
}

/// A body of `bytes` bytes, in pieces.
pub(crate) fn large(bytes: u64) -> Response<BoxBody> {
    let mut left = usize::try_from(bytes).unwrap_or(usize::MAX);
    pieces(move |_| {
        let piece = left.min(PIECE);
        left -= piece;
        Poll::Ready(piece)
    })
}

/// A body that begins well, with so many bytes, and panics.
pub(crate) fn half(bytes: u64) -> Response<BoxBody> {
    let first = usize::try_from(bytes).unwrap_or(PIECE);
    let mut begun = false;
    pieces(move |_| {
        assert!(!begun, "half a response, as asked");
        begun = true;
        Poll::Ready(first)
    })
}

/// A body that begins well, and does not go on for an hour.
pub(crate) fn stall() -> Response<BoxBody> {
    let mut begun = false;
    let mut rest = Box::pin(time::sleep(Duration::from_secs(3600)));
    pieces(move |cx| {
        if !begun {
            begun = true;
            return Poll::Ready(PIECE);
        }
        rest.as_mut().poll(cx).map(|()| 0)
    })
}

/// A head with `count` headers of a kilobyte each.
pub(crate) fn many_headers(count: u64) -> Response<BoxBody> {
    let mut response = text("headers");
    let value = "x".repeat(1024);
    for _ in 0..count {
        // Letters are a header value.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append("x-many", value);
        }
    }
    response
}

/// A body of pieces of so many bytes; one of none is the end.
fn pieces(next: impl FnMut(&mut Context<'_>) -> Poll<usize> + Send + 'static) -> Response<BoxBody> {
    Response::new(box_body(Pieces(Box::new(next))))
}

type Next = dyn FnMut(&mut Context<'_>) -> Poll<usize> + Send;

struct Pieces(Box<Next>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = ready!((self.0)(cx));
        let frame = || Ok(Frame::data(Bytes::from(vec![b'x'; bytes])));
        Poll::Ready((bytes > 0).then(frame))
    }
}
