//! The inbox: events that were handled already.

use crate::params::text;
use crate::{Error, Scope};

/// Names one event.
#[derive(Clone, Copy, Debug)]
pub struct EventName<'a> {
    /// Where it comes from: CloudEvents `source`.
    pub source: &'a str,
    /// Its id there: CloudEvents `id`.
    pub id: &'a str,
}

/// Writes down that `consumer` handles an event, in the transaction of its effect.
///
/// # Errors
///
/// [`Error::Conflict`]: it did so before, or another transaction did while this one
/// waited for it. Nothing else can happen in this transaction then, so that the
/// effect's statements need not wait for the answer.
pub async fn claim(scope: &Scope<'_>, consumer: &str, event: EventName<'_>) -> Result<(), Error> {
    let sql = "INSERT INTO spindrift.inbox (consumer, source, event_id) VALUES ($1, $2, $3)";
    let params = vec![text(consumer), text(event.source), text(event.id)];
    scope.execute(sql, params).await?;
    Ok(())
}
