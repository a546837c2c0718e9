//! Rows that were published long ago.

use std::time::Duration;

use crate::error::RelayError;
use crate::session::Session;

/// Rows looked at, and removed, at once.
const BATCH: i64 = 1000;

/// How often that is done at a time.
const BATCHES: usize = 50;

/// Removes what is old of the rows behind an id. Answers the last id looked at, and
/// whether there may be more that is old behind it: ids come about in the order of time.
const PRUNE: &str = "WITH oldest AS MATERIALIZED (\
         SELECT id, created_at, published_at FROM spindrift.outbox \
         WHERE id > $1 ORDER BY id LIMIT $3), \
     removed AS (\
         DELETE FROM spindrift.outbox o USING oldest \
         WHERE o.id = oldest.id AND oldest.published_at < now() - make_interval(secs => $2) \
         AND NOT EXISTS (SELECT FROM spindrift.deliveries d WHERE d.outbox_id = o.id)) \
     SELECT coalesce(max(id), 0), \
         count(*) = $3 AND bool_and(created_at < now() - make_interval(secs => $2)) FROM oldest";

/// Removes rows that were published longer than `retention` ago and that nobody is
/// still to be given. It begins behind the id `from`, looks at those that are old and
/// a batch more, and answers where to begin the next time: with so many that are old
/// it stops in between.
pub(crate) async fn prune(
    session: &mut Session,
    retention: Duration,
    from: i64,
) -> Result<i64, RelayError> {
    let seconds = retention.as_secs_f64();
    let mut last = from;
    for _ in 0..BATCHES {
        let row = session.row(PRUNE, &[&last, &seconds, &BATCH]).await?;
        let more: bool = row.get(1);
        if !more {
            return Ok(0);
        }
        last = row.get(0);
    }
    Ok(last)
}
