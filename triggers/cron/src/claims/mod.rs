//! Who has which tick.

mod database;
mod memory;

use std::time::Duration;

use chrono::{DateTime, Utc};
use spindrift_database::{Target, summary};

use self::database::{InDatabase, PATIENCE};
use self::memory::InMemory;
use crate::job::Job;

/// Why a step did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error(transparent)]
    Connect(#[from] spindrift_database::Error),
    #[error("the table of ticks could not be used: {}", summary(.0))]
    Sql(#[from] tokio_postgres::Error),
    #[error("the database did not answer within {} s", PATIENCE.as_secs())]
    Silence,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// This host delivers the tick.
    Ours,
    /// Another host has it, or had it.
    Taken,
    /// An earlier tick of the job is under way.
    Skipped,
}

/// The claims of one host.
pub(crate) enum Claims {
    /// There may be others on the same database.
    Shared(Box<InDatabase>),
    /// There is no other.
    Alone(InMemory),
}

impl Claims {
    /// `margin` is added to a job's timeout before a claim of `host` counts as left
    /// behind.
    pub(crate) fn new(database: Option<Target>, host: String, margin: Duration) -> Self {
        match database {
            Some(database) => Self::Shared(Box::new(InDatabase::new(database, host, margin))),
            None => Self::Alone(InMemory::default()),
        }
    }

    /// When the last of a job's ticks was due, of those not later than `until`.
    pub(crate) async fn last(
        &self,
        job: &Job,
        until: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, ClaimError> {
        match self {
            Self::Shared(claims) => claims.last(job, until).await,
            Self::Alone(claims) => Ok(claims.last(job, until)),
        }
    }

    /// Claims a tick, or finds it claimed.
    pub(crate) async fn claim(
        &self,
        job: &Job,
        due_at: DateTime<Utc>,
    ) -> Result<Claim, ClaimError> {
        match self {
            Self::Shared(claims) => claims.claim(job, due_at).await,
            Self::Alone(claims) => Ok(claims.claim(job, due_at)),
        }
    }

    /// Writes down how a tick of this host's ended.
    pub(crate) async fn finish(
        &self,
        job: &Job,
        due_at: DateTime<Utc>,
        outcome: &str,
    ) -> Result<(), ClaimError> {
        match self {
            Self::Shared(claims) => claims.finish(job, due_at, outcome).await,
            Self::Alone(claims) => {
                claims.finish(job, due_at);
                Ok(())
            }
        }
    }

    /// Takes over the last tick of a job when the host that claimed it left it behind.
    pub(crate) async fn take_over(&self, job: &Job) -> Result<Option<DateTime<Utc>>, ClaimError> {
        match self {
            Self::Shared(claims) => claims.take_over(job).await,
            Self::Alone(_) => Ok(None),
        }
    }

    /// Forgets what was claimed longer ago than `retention`.
    pub(crate) async fn prune(&self, retention: Duration) -> Result<u64, ClaimError> {
        match self {
            Self::Shared(claims) => claims.prune(retention).await,
            Self::Alone(_) => Ok(0),
        }
    }
}
