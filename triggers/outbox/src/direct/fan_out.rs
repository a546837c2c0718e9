//! From the outbox to deliveries.

use super::Subscription;
use crate::error::RelayError;
use crate::session::Session;

/// Marks the rows that are due as published and makes the deliveries of each, all in
/// one statement: both or neither. A key's lane is the same for every topic, and the
/// positions come in the order of the rows.
const FAN_OUT: &str = "WITH ready AS MATERIALIZED (\
         SELECT id, topic, key FROM spindrift.outbox \
         WHERE published_at IS NULL AND available_at <= now() ORDER BY id LIMIT $3), \
     marked AS (\
         UPDATE spindrift.outbox SET published_at = now() WHERE id IN (SELECT id FROM ready)), \
     wanted AS (\
         INSERT INTO spindrift.deliveries (consumer, lane, outbox_id) \
         SELECT consumer, hashtext(key) & 15, id \
         FROM ready JOIN unnest($1::text[], $2::text[]) AS wants (consumer, topic) USING (topic) \
         ORDER BY id) \
     SELECT count(*) FROM ready";

/// Takes at most `limit` rows. Answers how many they were.
pub(super) async fn fan_out(
    session: &mut Session,
    subscriptions: &[Subscription],
    limit: usize,
) -> Result<usize, RelayError> {
    let pairs = subscriptions.iter().flat_map(|subscription| {
        let topics = subscription.topics.iter();
        topics.map(|topic| (subscription.consumer.as_str(), topic.as_str()))
    });
    let (consumers, topics): (Vec<&str>, Vec<&str>) = pairs.unzip();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let row = session.row(FAN_OUT, &[&consumers, &topics, &limit]).await?;
    let taken: i64 = row.get(0);
    Ok(usize::try_from(taken).unwrap_or_default())
}
