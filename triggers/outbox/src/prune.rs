//! Rows that were published long ago.

use std::time::Duration;

use crate::error::RelayError;
use crate::session::Session;

/// Rows looked at, and removed, at once.
const BATCH: i64 = 1000;

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
/// still to be given. It looks at those that are old and a batch more, however many
/// rows there are.
pub(crate) async fn prune(session: &mut Session, retention: Duration) -> Result<(), RelayError> {
    let seconds = retention.as_secs_f64();
    let (mut last, mut more) = (0_i64, true);
    while more {
        let row = session.row(PRUNE, &[&last, &seconds, &BATCH]).await?;
        (last, more) = (row.get(0), row.get(1));
    }
    Ok(())
}
