//! A connection for commands that look at the application's database.

use anyhow::{Context, Result};
use spindrift_database::{Reached, Target, reach};
use tokio_postgres::Client;

use super::existing_state;
use crate::args::{AppArgs, DatabaseArgs};
use crate::report::Reporter;

/// A session on the database that DATABASE_URL names, else on the private one,
/// whether `up` runs or not.
pub(super) struct Session {
    pub(super) client: Client,
    reached: Option<Reached>,
}

impl Session {
    pub(super) async fn open(
        app: &AppArgs,
        database: &DatabaseArgs,
        reporter: Reporter,
    ) -> Result<Self> {
        if let Some(url) = database.direct_url() {
            let target = Target::parse(url).context("DATABASE_URL")?;
            let client = target.connect().await?;
            return Ok(Self {
                client,
                reached: None,
            });
        }
        let state = existing_state(app)?;
        let reached = reach(&state, &|line| reporter.progress(line)).await?;
        let url = reached.access().owner_url()?;
        let client = spindrift_database::connect(&url).await?;
        Ok(Self {
            client,
            reached: Some(reached),
        })
    }

    /// Ends it, and the server with it that was started for it.
    pub(super) async fn close(self) -> Result<()> {
        drop(self.client);
        match self.reached {
            Some(reached) => Ok(reached.leave().await?),
            None => Ok(()),
        }
    }
}
