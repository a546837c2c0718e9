//! Rows on their way to a guest, as it takes them.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures::Stream;
use tokio::sync::oneshot;
use tokio_postgres::RowStream;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use super::convert::query_failed;
use super::lent::Call;
use super::types::row;
use crate::bindings::spin::postgres4_2_0::postgres::{DbValue, Error};

/// Rows handed over at once.
const BATCH: usize = 64;

/// Produces the rows of one query.
pub(super) struct Rows {
    rows: Pin<Box<RowStream>>,
    /// Present until the rows have ended.
    ending: Option<(Call, oneshot::Sender<Result<(), Error>>)>,
}

impl Rows {
    /// The producer, and how the rows will have ended. Rows that a guest left
    /// unread have ended well.
    pub(super) fn new(rows: RowStream, call: Call) -> (Self, oneshot::Receiver<Result<(), Error>>) {
        let (done, end) = oneshot::channel();
        let rows = Self {
            rows: Box::pin(rows),
            ending: Some((call, done)),
        };
        (rows, end)
    }

    fn end(&mut self, result: Result<(), tokio_postgres::Error>) {
        if let Some((call, done)) = self.ending.take() {
            let result = match result {
                Ok(()) => {
                    call.finish();
                    Ok(())
                }
                Err(error) => {
                    call.fail(&error);
                    Err(query_failed(&error))
                }
            };
            // A guest that dropped the future does not want to know.
            _ = done.send(result);
        }
    }
}

/// Rows that are passed over when a guest left them unread.
const LEFT_OVER: usize = 1024;

impl Drop for Rows {
    /// What the server has sent to the end needs no cancelling: a guest that reads
    /// one row and stops is the rule, not a fault.
    fn drop(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..LEFT_OVER {
            if self.ending.is_none() {
                return;
            }
            match self.rows.as_mut().poll_next(&mut cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(error))) => self.end(Err(error)),
                Poll::Ready(None) => self.end(Ok(())),
                Poll::Pending => return,
            }
        }
    }
}

impl<D> StreamProducer<D> for Rows {
    type Item = Vec<DbValue>;
    type Buffer = VecBuffer<Self::Item>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if destination.remaining(&mut store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let mut batch = Vec::new();
        let result = loop {
            if batch.len() >= BATCH {
                break StreamResult::Completed;
            }
            match self.rows.as_mut().poll_next(cx) {
                Poll::Ready(Some(next)) => match next.and_then(|next| row(&next)) {
                    Ok(values) => batch.push(values),
                    Err(error) => {
                        self.end(Err(error));
                        break StreamResult::Dropped;
                    }
                },
                Poll::Ready(None) => {
                    self.end(Ok(()));
                    break StreamResult::Dropped;
                }
                Poll::Pending if !batch.is_empty() => break StreamResult::Completed,
                Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
                Poll::Pending => return Poll::Pending,
            }
        };
        destination.set_buffer(batch.into());
        Poll::Ready(Ok(result))
    }
}
