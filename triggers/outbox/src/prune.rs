//! Rows that were published long ago.

use std::time::Duration;

use tokio_postgres::Client;

use crate::error::RelayError;

/// Rows removed at once.
const BATCH: i64 = 1000;

/// Removes rows that were published longer than `retention` ago and that nobody is
/// still to be given. Oldest first, a batch at a time; answers how many.
pub(crate) async fn prune(client: &Client, retention: Duration) -> Result<u64, RelayError> {
    let seconds = retention.as_secs_f64();
    let pruned = client
        .execute(
            "DELETE FROM spindrift.outbox WHERE id IN (\
             SELECT id FROM spindrift.outbox o \
             WHERE published_at < now() - make_interval(secs => $1) \
             AND NOT EXISTS (SELECT FROM spindrift.deliveries d WHERE d.outbox_id = o.id) \
             ORDER BY id LIMIT $2)",
            &[&seconds, &BATCH],
        )
        .await?;
    Ok(pruned)
}
