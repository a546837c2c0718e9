//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Long enough for a loaded machine, short enough for whoever waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until the answer is something, for a minute at the most.
///
/// # Errors
/// The time is up; the message says what was waited for.
pub async fn until<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    within(PATIENCE, what, ask).await
}

/// As [`until`], with a patience of one's own.
///
/// # Errors
/// The time is up; the message says what was waited for.
pub async fn within<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if Instant::now() > deadline {
            bail!("waited {patience:?} for {what}");
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
