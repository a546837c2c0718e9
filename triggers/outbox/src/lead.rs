//! Which relay works, and who tells it of new rows.

use std::sync::Arc;

use spindrift_database::Target;
use tokio::sync::Notify;

use crate::error::RelayError;
use crate::session::Session;

/// Who works. Any number that nobody else takes.
const LEADER: i64 = 7_308_895_163_801_594_220;

/// Held while the relay looks by itself: `spindrift.outbox_written` then stays silent.
const AWAKE: i64 = 7_308_895_163_801_594_221;

/// The connection of the one relay that works.
pub(crate) struct Lead {
    pub(crate) session: Session,
    /// Told of new rows.
    pub(crate) written: Arc<Notify>,
    awake: bool,
}

impl Lead {
    /// Waits until no other relay works.
    pub(crate) async fn take(target: &Target) -> Result<Self, RelayError> {
        let written = Arc::new(Notify::new());
        let client = target.connect_listening(written.clone()).await?;
        let mut session = Session::of(client).await?;
        session
            .execute("SELECT pg_advisory_lock($1)", &[&LEADER])
            .await?;
        session.execute("LISTEN spindrift_outbox", &[]).await?;
        Ok(Self {
            session,
            written,
            awake: false,
        })
    }

    pub(crate) fn is_awake(&self) -> bool {
        self.awake
    }

    /// Says whether this relay looks for rows by itself, so that nobody need tell it.
    /// While somebody is telling it that cannot be said, and does not matter.
    pub(crate) async fn stay_awake(&mut self, awake: bool) -> Result<(), RelayError> {
        if self.awake == awake {
            return Ok(());
        }
        let statement = if awake {
            "SELECT pg_try_advisory_lock($1)"
        } else {
            "SELECT pg_advisory_unlock($1)"
        };
        let done: bool = self.session.row(statement, &[&AWAKE]).await?.get(0);
        self.awake = awake && done;
        Ok(())
    }
}
