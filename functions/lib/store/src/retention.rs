//! What is kept for a while, and removed afterwards.

use chrono::{DateTime, TimeDelta, Utc};
use spin_sdk::pg::ParameterValue;

use crate::params::instant;
use crate::{Error, Scope};

/// A table whose rows are kept for a while.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// What is removed, for logs.
    pub name: &'static str,
    /// How long its rows are kept after they were of use.
    pub kept_for: TimeDelta,
    statement: &'static str,
}

/// The statement that removes up to `$2` rows of a table that are older than `$1`. A
/// row that is written meanwhile has another place then, and stays.
macro_rules! remove {
    ($table:literal, $condition:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE ctid = ANY (ARRAY(SELECT ctid FROM ",
            $table,
            " WHERE ",
            $condition,
            " LIMIT $2))"
        )
    };
}

impl Retention {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self {
            name: "inbox",
            // Longer than any topic keeps an event, and than a dead letter is worth
            // replaying: an event that comes after that has its effect again.
            kept_for: TimeDelta::days(30),
            statement: remove!(
                "spindrift.inbox",
                "handled_at < $1::timestamp AT TIME ZONE 'UTC'"
            ),
        },
        Self {
            name: "idempotency_keys",
            // They say themselves for how long they hold.
            kept_for: TimeDelta::zero(),
            statement: remove!(
                "todo.idempotency_keys",
                "expires_at < $1::timestamp AT TIME ZONE 'UTC'"
            ),
        },
        Self {
            name: "sessions",
            kept_for: TimeDelta::days(1),
            statement: remove!(
                "todo.sessions",
                "expires_at < $1::timestamp AT TIME ZONE 'UTC'"
            ),
        },
        Self {
            name: "sign_in_attempts",
            kept_for: TimeDelta::zero(),
            statement: remove!(
                "todo.sign_in_attempts",
                "forget_at < $1::timestamp AT TIME ZONE 'UTC' \
                 AND (trusted_until IS NULL OR trusted_until < $1::timestamp AT TIME ZONE 'UTC')"
            ),
        },
        Self {
            name: "reminders",
            // Longer than anything is told late, so that nothing is told again.
            kept_for: TimeDelta::days(9),
            statement: remove!(
                "todo.reminders",
                "written_at IS NOT NULL AND occurs_at < $1::timestamp AT TIME ZONE 'UTC'"
            ),
        },
    ];

    /// Removes up to `limit` rows that were kept for long enough at `now`. Returns
    /// how many they were.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn remove(
        &self,
        scope: &Scope<'_>,
        now: DateTime<Utc>,
        limit: i64,
    ) -> Result<u64, Error> {
        let params = vec![instant(now - self.kept_for), ParameterValue::Int64(limit)];
        scope.execute_last(self.statement, params).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::reminder::Turn;

    #[test]
    fn what_was_told_is_remembered_for_longer_than_it_would_be_told() {
        let reminders = Retention::ALL.iter().find(|one| one.name == "reminders");
        let kept_for = reminders.unwrap().kept_for;
        for turn in Turn::ALL {
            // A day has its place in UTC, up to fourteen hours and a day from where it ends.
            assert!(kept_for > turn.patience() + TimeDelta::days(1) + TimeDelta::hours(14));
        }
    }
}
