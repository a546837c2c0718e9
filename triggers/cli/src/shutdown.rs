//! When to stop.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long one wish to stop may take to arrive twice.
const ECHO: Duration = Duration::from_secs(1);

/// Cancels the token at the first SIGINT, SIGTERM or SIGHUP, and ends the process
/// at the second.
pub(crate) fn on_signals() -> Result<CancellationToken> {
    on_signals_after(Duration::ZERO)
}

/// The same for a process that Spin started: of one Ctrl-C the terminal tells it, and
/// then Spin.
pub(crate) fn on_signals_of_spin() -> Result<CancellationToken> {
    on_signals_after(ECHO)
}

/// What comes within `echo` of the first is no second.
fn on_signals_after(echo: Duration) -> Result<CancellationToken> {
    let stop = CancellationToken::new();
    let mut signals = Signals {
        interrupt: listen(SignalKind::interrupt())?,
        terminate: listen(SignalKind::terminate())?,
        hang_up: listen(SignalKind::hangup())?,
    };
    let token = stop.clone();
    tokio::spawn(async move {
        let number = signals.next().await;
        let first = Instant::now();
        tracing::info!(signal = number, "stopping; once more stops at once");
        token.cancel();
        let number = loop {
            let number = signals.next().await;
            if first.elapsed() >= echo {
                break number;
            }
        };
        exit(128 + number);
    });
    Ok(stop)
}

/// A token that is cancelled `delay` after `stop` is.
pub(crate) fn after(stop: &CancellationToken, delay: Duration) -> CancellationToken {
    if delay.is_zero() {
        return stop.clone();
    }
    let (stop, later) = (stop.clone(), CancellationToken::new());
    let token = later.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        tokio::time::sleep(delay).await;
        later.cancel();
    });
    token
}

#[expect(
    clippy::disallowed_methods,
    reason = "who asks twice does not want to wait; the private database stops by itself and recovers"
)]
fn exit(code: i32) {
    crate::logging::flush();
    std::process::exit(code);
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// The number of the next signal.
    async fn next(&mut self) -> i32 {
        let kind = tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.hang_up.recv() => SignalKind::hangup(),
        };
        kind.as_raw_value()
    }
}

fn listen(kind: SignalKind) -> Result<Signal> {
    signal(kind).context("cannot listen for signals")
}
