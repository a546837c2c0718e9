//! The inbox: events that were handled already.

use spin_sdk::pg::ParameterValue;

use crate::params::text;

/// An event, and who handles it.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The handler.
    pub consumer: &'a str,
    /// Where the event comes from: CloudEvents `source`.
    pub source: &'a str,
    /// Its id there: CloudEvents `id`.
    pub id: &'a str,
}

impl Claim<'_> {
    /// Says that the event is handled. Violates the key when it was before.
    pub(crate) const INSERT: &'static str =
        "INSERT INTO spindrift.inbox (consumer, source, event_id) VALUES ($1, $2, $3)";

    /// Whether the event was handled before.
    pub(crate) const FIND: &'static str =
        "SELECT 1 FROM spindrift.inbox WHERE consumer = $1 AND source = $2 AND event_id = $3";

    /// The parameters of either.
    pub(crate) fn params(&self) -> Vec<ParameterValue> {
        vec![text(self.consumer), text(self.source), text(self.id)]
    }

    /// A statement, which has `params`, with the claim before it: one that commits by
    /// itself. `None` where nothing can stand before it.
    pub(crate) fn before(&self, sql: &str, params: &mut Vec<ParameterValue>) -> Option<String> {
        if sql.starts_with("WITH") {
            return None;
        }
        let [a, b, c] = [1, 2, 3].map(|n| params.len() + n);
        params.extend(self.params());
        Some(format!(
            "WITH claimed AS (INSERT INTO spindrift.inbox (consumer, source, event_id) \
             VALUES (${a}, ${b}, ${c})) {sql}"
        ))
    }
}
