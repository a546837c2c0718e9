//! Log lines on their way to standard error.
//!
//! A system call for each request's line would be a tenth of a small request, and
//! a slow reader of the log would hold requests up. Lines are gathered for a
//! millisecond and written together by a thread of their own. A warning or error
//! is written at once, with everything before it.

use std::io::{self, Write, stderr};
use std::mem;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long lines are gathered.
const PAUSE: Duration = Duration::from_millis(1);

/// Bytes that may wait. Beyond them whoever has a line to write waits instead.
const PENDING: usize = 4 << 20;

static LOG: Log = Log {
    pending: Mutex::new(Vec::new()),
    writing: Mutex::new(()),
    thread: OnceLock::new(),
};

struct Log {
    pending: Mutex<Vec<u8>>,
    /// Held while bytes go out, so that they keep their order.
    writing: Mutex<()>,
    thread: OnceLock<Thread>,
}

/// Starts the thread that writes.
pub(super) fn start() -> io::Result<Lines> {
    let handle = thread::Builder::new().name("log".into()).spawn(|| {
        loop {
            #[expect(
                clippy::disallowed_methods,
                reason = "a thread of its own, whose whole work is to wait for lines"
            )]
            thread::sleep(PAUSE);
            // While lines come all the time, nobody has to wake it.
            if !LOG.flush() {
                thread::park();
            }
        }
    })?;
    // Logging starts once in a process.
    _ = LOG.thread.set(handle.thread().clone());
    Ok(Lines)
}

/// Writes what waits. Called before the process ends.
pub(super) fn flush() {
    LOG.flush();
}

impl Log {
    fn push(&self, line: &[u8]) {
        let (begins, full) = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            pending.extend_from_slice(line);
            (pending.len() == line.len(), pending.len() > PENDING)
        };
        if full {
            self.flush();
        } else if begins && let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Writes what waits. Answers whether there was anything.
    fn flush(&self) -> bool {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = {
            let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
            // As much is likely to come next.
            let next = Vec::with_capacity(pending.len());
            mem::replace(&mut *pending, next)
        };
        // A log that nobody takes is no reason to fail.
        _ = stderr().write_all(&lines);
        !lines.is_empty()
    }
}

/// Makes writers of single records.
pub(super) struct Lines;

/// Takes one record.
pub(super) struct Line {
    urgent: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { urgent: true }
    }

    fn make_writer_for(&'a self, record: &Metadata<'_>) -> Line {
        Line {
            urgent: *record.level() <= Level::WARN,
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.push(bytes);
        if self.urgent {
            LOG.flush();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
