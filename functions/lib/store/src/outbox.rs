//! The outbox: events that commit with the change they tell of.

use domain::event::Event;
use spin_sdk::pg::ParameterValue;

use crate::{Error, Scope};

/// The statement that appends [`records`], given as parameter `$1`. It may stand
/// behind a `WITH` that makes the change.
macro_rules! append_records {
    () => {
        "INSERT INTO spindrift.outbox (topic, key, headers, data, available_at) \
         SELECT record->>'topic', record->>'key', record->'headers', record->'data', \
         coalesce((record->>'available_at')::timestamptz, now()) \
         FROM jsonb_array_elements($1) AS record"
    };
}
pub(crate) use append_records;

/// Events as one `jsonb` parameter, in their order.
///
/// # Errors
///
/// [`Error::Internal`] when one can't be written as JSON.
pub fn records(events: &[Event]) -> Result<ParameterValue, Error> {
    let records: Vec<_> = events.iter().map(Event::record).collect();
    let json = serde_json::to_vec(&records).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(ParameterValue::Jsonb(json))
}

/// Appends events in the scope's transaction. One with an
/// [`available_at`](Event::available_at) is written ahead.
///
/// # Errors
///
/// What the database says.
pub async fn append(scope: &Scope<'_>, events: &[Event]) -> Result<(), Error> {
    scope
        .execute(append_records!(), vec![records(events)?])
        .await?;
    Ok(())
}
