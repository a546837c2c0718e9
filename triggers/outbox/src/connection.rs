//! The relay's connections.

use std::sync::Arc;

use spindrift_database::Target;
use tokio::sync::Notify;
use tokio_postgres::Client;

use crate::error::RelayError;

/// Who works. Any number that nobody else takes.
const LEADER: i64 = 7_308_895_163_801_594_220;

/// Held while the relay looks by itself: `spindrift.outbox_written` then stays silent.
const AWAKE: i64 = 7_308_895_163_801_594_221;

/// Ends a session whose relay is gone without a word within seconds, and lets nothing
/// that the relay waits for hold it up for good. What it marks as published may be
/// lost in a crash of the server: the row is then taken again.
const SESSION: &str = "SET application_name = 'spindrift relay'; \
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
    SET synchronous_commit = off";

/// A connection for statements.
pub(crate) async fn open(target: &Target) -> Result<Client, RelayError> {
    let client = target.connect().await?;
    client.batch_execute(SESSION).await?;
    Ok(client)
}

/// The connection of the one relay that works.
pub(crate) struct Lead {
    pub(crate) client: Client,
    /// Told of new rows.
    pub(crate) written: Arc<Notify>,
    awake: bool,
}

impl Lead {
    /// Waits until no other relay works.
    pub(crate) async fn take(target: &Target) -> Result<Self, RelayError> {
        let written = Arc::new(Notify::new());
        let client = target.connect_listening(written.clone()).await?;
        client.batch_execute(SESSION).await?;
        client
            .execute("SELECT pg_advisory_lock($1)", &[&LEADER])
            .await?;
        client.batch_execute("LISTEN spindrift_outbox").await?;
        Ok(Self {
            client,
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
        let done: bool = self.client.query_one(statement, &[&AWAKE]).await?.get(0);
        self.awake = awake && done;
        Ok(())
    }
}
