//! What functions print, a line an event, under the function's name.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// A line longer than this is logged in pieces.
const MAX_LINE: usize = 8 << 10;

/// Which of the two streams a line came from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// Standard output, logged at level info.
    Stdout,
    /// Standard error, logged at level warn.
    Stderr,
}

/// How much an instance may still print for the request that it is at work on. Clones
/// share it.
#[derive(Clone)]
pub(crate) struct LogBudget {
    limit: u64,
    used: Arc<AtomicU64>,
}

/// What is done with bytes that a function prints.
enum Room {
    Enough,
    /// They are the first that are too many.
    Ends,
    Ended,
}

impl LogBudget {
    /// `limit` is in bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            used: Arc::default(),
        }
    }

    pub(crate) fn reset(&self) {
        self.used.store(0, Ordering::Relaxed);
    }

    fn take(&self, bytes: u64) -> Room {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        match (before, before.saturating_add(bytes)) {
            (_, after) if after <= self.limit => Room::Enough,
            (before, _) if before <= self.limit => Room::Ends,
            _ => Room::Ended,
        }
    }
}

/// One of a function instance's output streams.
#[derive(Clone)]
pub(crate) struct GuestLog {
    function: Arc<str>,
    source: Source,
    budget: LogBudget,
    /// What came since the last line end.
    partial: Arc<Mutex<Vec<u8>>>,
}

impl GuestLog {
    pub(crate) fn new(function: Arc<str>, source: Source, budget: LogBudget) -> Self {
        Self {
            function,
            source,
            budget,
            partial: Arc::default(),
        }
    }

    fn take(&self, bytes: &[u8]) {
        match self.budget.take(bytes.len() as u64) {
            Room::Enough => {}
            Room::Ends => return self.left_out(),
            Room::Ended => return,
        }
        let mut partial = self.partial.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.split_inclusive(|&b| b == b'\n') {
            partial.extend_from_slice(piece.strip_suffix(b"\n").unwrap_or(piece));
            if piece.ends_with(b"\n") || partial.len() >= MAX_LINE {
                self.emit(&partial);
                partial.clear();
            }
        }
    }

    /// Says once a request that the rest of it is missing.
    fn left_out(&self) {
        let (function, limit) = (&*self.function, self.budget.limit);
        tracing::warn!(
            target: "function",
            function,
            limit,
            "it printed more than its limit for one request; the rest is left out"
        );
    }

    fn emit(&self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let function = &*self.function;
        match self.source {
            Source::Stdout => tracing::info!(target: "function", function, "{line}"),
            Source::Stderr => tracing::warn!(target: "function", function, "{line}"),
        }
    }
}

impl IsTerminal for GuestLog {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestLog {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for GuestLog {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for GuestLog {
    async fn ready(&mut self) {}
}

impl OutputStream for GuestLog {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}
