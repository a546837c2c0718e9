//! Membership of a consumer group, and its end.

use std::ops::Deref;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio_util::sync::CancellationToken;

use super::group::Group;

/// How soon a commit that came into a rebalance is tried again.
const COMMIT_PAUSE: Duration = Duration::from_millis(50);

/// A consumer that is closed in a thread of its own when it is dropped: closing leaves
/// the group and waits for its coordinator, who may be away. The process need not wait
/// for that, and can end before it.
pub(crate) struct Member {
    consumer: Option<StreamConsumer<Group>>,
    left: CancellationToken,
}

impl Member {
    pub(crate) fn new(consumer: StreamConsumer<Group>) -> Self {
        Self {
            consumer: Some(consumer),
            left: CancellationToken::new(),
        }
    }

    /// Cancelled when the group has been left.
    pub(crate) fn left(&self) -> CancellationToken {
        self.left.clone()
    }

    /// Commits what is stored. In the midst of a rebalance no commit is taken, and so
    /// it is tried until one is; the consumer must be polled meanwhile.
    pub(crate) async fn commit(self: &Arc<Self>) {
        loop {
            let member = self.clone();
            let commit = move || member.commit_consumer_state(CommitMode::Sync);
            let Ok(Err(error)) = tokio::task::spawn_blocking(commit).await else {
                return;
            };
            if !is_of_a_rebalance(&error) {
                if error.rdkafka_error_code() != Some(RDKafkaErrorCode::NoOffset) {
                    tracing::warn!(%error, "commit failed");
                }
                return;
            }
            tokio::time::sleep(COMMIT_PAUSE).await;
        }
    }
}

impl Deref for Member {
    type Target = StreamConsumer<Group>;

    fn deref(&self) -> &Self::Target {
        self.consumer.as_ref().expect("only the drop takes it")
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let (consumer, left) = (self.consumer.take(), self.left.clone());
        thread::spawn(move || {
            drop(consumer);
            left.cancel();
        });
    }
}

fn is_of_a_rebalance(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::RebalanceInProgress | RDKafkaErrorCode::IllegalGeneration)
    )
}
