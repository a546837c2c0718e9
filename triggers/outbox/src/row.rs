//! Rows of the outbox.

use chrono::{DateTime, Utc};
use spindrift_cloudevents::Event;
use tokio_postgres::Row as Columns;

/// The columns that [`Row::read`] takes, of `spindrift.outbox o`.
macro_rules! columns {
    () => {
        "o.id, o.topic, o.key, o.headers::text, o.data::text, \
         greatest(o.created_at, o.available_at)"
    };
}
pub(crate) use columns;

/// An event, as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) topic: String,
    pub(crate) key: String,
    headers: String,
    data: String,
    /// When it was to be sent: what is written ahead waits for its time.
    pub(crate) due_at: DateTime<Utc>,
}

impl Row {
    pub(crate) fn read(columns: &Columns) -> Self {
        Self {
            id: columns.get(0),
            topic: columns.get(1),
            key: columns.get(2),
            headers: columns.get(3),
            data: columns.get(4),
            due_at: columns.get(5),
        }
    }

    /// The event, or why it is none.
    pub(crate) fn event(&self) -> Result<Event, String> {
        let attributes: std::collections::BTreeMap<String, String> =
            serde_json::from_str(&self.headers)
                .map_err(|error| format!("its headers are not all text: {error}"))?;
        Event::new(attributes, self.data.clone()).map_err(|error| error.to_string())
    }
}
