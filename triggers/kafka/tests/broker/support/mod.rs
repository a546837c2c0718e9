//! What the tests share: a broker, topics of one's own, and a function that remembers.

mod function;
mod raw;
mod world;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use spindrift_test_kafka::{Kafka, Options, skipped};
use tokio::sync::OnceCell;

pub(crate) use function::{Function, doubles, first_in_order};
pub(crate) use raw::{Raw, read, write, written};
pub(crate) use world::{World, event, good, named, plaintext};

/// Long enough for a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The run's broker; it ends with this process. Nothing where none can be started: the
/// test is skipped then.
pub(crate) async fn kafka() -> Result<Option<&'static Kafka>> {
    static KAFKA: OnceCell<Kafka> = OnceCell::const_new();
    if skipped() {
        return Ok(None);
    }
    let start = || Kafka::start(Options::nodes(1));
    KAFKA.get_or_try_init(start).await.map(Some)
}

/// Asks until the answer is yes.
pub(crate) async fn until(what: &str, mut yes: impl AsyncFnMut() -> bool) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !yes().await {
        if Instant::now() > deadline {
            bail!("waited {PATIENCE:?} for {what}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
