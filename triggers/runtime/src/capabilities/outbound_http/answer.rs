//! Answers of servers: their bodies, and what becomes of the connections behind them.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep, timeout};
use tokio_util::sync::CancellationToken;
use wasmtime_wasi_http::Error;

use super::Turn;
use super::connect::{Connection, Place};
use super::kept::Own;

/// How long a connection may take to be done with a request whose answer is here.
const SETTLING: Duration = Duration::from_secs(5);

/// A request whose answer is read. When it is dropped, its connection is closed.
pub(super) struct Exchange {
    pub(super) connection: Connection,
    pub(super) place: Place,
    pub(super) own: Arc<Own>,
    pub(super) turn: Turn,
    /// Cancelled when the connection holds the request's body no longer.
    pub(super) taken: CancellationToken,
    /// Told how it ended; closed when the function asks no more.
    pub(super) told: oneshot::Sender<Result<(), Error>>,
}

impl Exchange {
    /// The answer was read to its end, or failed.
    fn end(self) {
        // At once, for the function may ask the same server next.
        match self.connection.is_ready() {
            true => self.keep(),
            false => drop(tokio::spawn(self.settle())),
        }
    }

    /// Waits until the connection is ready, or closed. An answer may come to its end
    /// before its request does.
    async fn settle(mut self) {
        tokio::select! {
            biased;
            () = self.taken.cancelled() => {}
            // The function gave up what it was still sending.
            () = self.told.closed() => return,
        }
        let ready = timeout(SETTLING, self.connection.sender().ready()).await;
        match ready {
            Ok(Ok(())) => self.keep(),
            Ok(Err(_)) => {
                let ended = timeout(SETTLING, self.connection.ended()).await;
                _ = self.told.send(ended.unwrap_or(Ok(())));
            }
            // The server takes no more of the request. The connection is closed.
            Err(_) => {}
        }
    }

    fn keep(self) {
        self.own.put(self.place, self.connection);
        // Not before that: whoever has the turn next may have to close the connection.
        drop(self.turn);
        _ = self.told.send(Ok(()));
    }
}

/// The body of an answer, of which each part comes in time.
pub(super) struct Answer {
    body: Incoming,
    patience: Duration,
    /// Since when the next part is waited for.
    late: Option<Pin<Box<Sleep>>>,
    /// Until the body's end.
    exchange: Option<Exchange>,
}

impl Answer {
    pub(super) fn new(body: Incoming, patience: Duration, exchange: Exchange) -> Self {
        let mut answer = Self {
            body,
            patience,
            late: None,
            exchange: Some(exchange),
        };
        // Nobody reads a body that has nothing.
        if answer.body.is_end_stream() {
            answer.end();
        }
        answer
    }

    fn end(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.end();
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let answer = self.get_mut();
        let Poll::Ready(part) = Pin::new(&mut answer.body).poll_frame(cx) else {
            let patience = answer.patience;
            let late = answer.late.get_or_insert_with(|| Box::pin(sleep(patience)));
            ready!(late.as_mut().poll(cx));
            // Nobody knows what is still to come on it.
            answer.exchange = None;
            return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
        };
        answer.late = None;
        // Who knows the length does not ask whether there is more.
        let goes_on = matches!(part, Some(Ok(_))) && !answer.body.is_end_stream();
        if !goes_on {
            answer.end();
        }
        Poll::Ready(part.map(|part| part.map_err(Error::from)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
