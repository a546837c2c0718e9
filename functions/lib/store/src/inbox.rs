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
    /// Whether the event was handled before.
    pub(crate) const FIND: &'static str =
        "SELECT 1 FROM spindrift.inbox WHERE consumer = $1 AND source = $2 AND event_id = $3";

    /// Says that the event is handled: with [`Self::params`] behind so many others.
    /// Violates the key when it was before.
    pub(crate) fn insert(behind: usize) -> String {
        let [a, b, c] = [1, 2, 3].map(|n| behind + n);
        format!(
            "INSERT INTO spindrift.inbox (consumer, source, event_id) VALUES (${a}, ${b}, ${c})"
        )
    }

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
        let claimed = Self::insert(params.len());
        params.extend(self.params());
        Some(format!("WITH claimed AS ({claimed}) {sql}"))
    }
}
