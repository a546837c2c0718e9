//! `spindrift.cron_ticks`: who has which tick.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, Utc};
use spindrift_database::Target;
use spindrift_manifest::Overlap;
use tokio::sync::Mutex;
use tokio_postgres::Client;

use super::{Claim, ClaimError};
use crate::job::Job;

/// The longest that the database may take for one step, so that a host that lost
/// its link finds out.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// The claims of one host among several.
pub(crate) struct InDatabase {
    database: Target,
    host: String,
    /// Added to a job's timeout before a claim counts as left behind.
    margin: Duration,
    /// Empty after an error: what state the session is in is not known then.
    session: Mutex<Option<Client>>,
}

impl InDatabase {
    pub(crate) fn new(database: Target, host: String, margin: Duration) -> Self {
        Self {
            database,
            host,
            margin,
            session: Mutex::new(None),
        }
    }

    /// When the last of a job's ticks was due, of those not later than `until`.
    pub(crate) async fn last(
        &self,
        job: &Job,
        until: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, ClaimError> {
        const SQL: &str =
            "SELECT max(due_at) FROM spindrift.cron_ticks WHERE name = $1 AND due_at <= $2";
        self.with_session(async |client| {
            Ok(client.query_one(SQL, &[&job.name, &until]).await?.get(0))
        })
        .await
    }

    /// Claims a tick, or finds it claimed. Claims of one job wait for one another,
    /// so that two ticks of it never both find the job at rest.
    pub(crate) async fn claim(
        &self,
        job: &Job,
        due_at: DateTime<Utc>,
    ) -> Result<Claim, ClaimError> {
        const LOCK: &str =
            "SELECT pg_advisory_xact_lock(hashtextextended('spindrift.cron_ticks/' || $1, 0))";
        const CLAIM: &str = "
            WITH state AS (
                SELECT $4 AND EXISTS (
                    SELECT FROM spindrift.cron_ticks
                    WHERE name = $1 AND due_at <> $2 AND finished_at IS NULL
                        AND claimed_at > clock_timestamp() - make_interval(secs => $5)
                ) AS busy
            )
            INSERT INTO spindrift.cron_ticks (name, due_at, claimed_by, finished_at, outcome)
            SELECT $1, $2, $3,
                CASE WHEN busy THEN clock_timestamp() END,
                CASE WHEN busy THEN 'skipped' END
            FROM state
            ON CONFLICT DO NOTHING
            RETURNING outcome IS NOT NULL";
        let skip = job.overlap == Overlap::Skip;
        let lease = self.lease(job);
        self.with_session(async |client| {
            let transaction = client.transaction().await?;
            transaction.query_one(LOCK, &[&job.name]).await?;
            let row = transaction
                .query_opt(CLAIM, &[&job.name, &due_at, &self.host, &skip, &lease])
                .await?;
            transaction.commit().await?;
            Ok(match row.map(|row| row.get::<_, bool>(0)) {
                None => Claim::Taken,
                Some(true) => Claim::Skipped,
                Some(false) => Claim::Ours,
            })
        })
        .await
    }

    /// Writes down how a tick of this host's ended.
    pub(crate) async fn finish(
        &self,
        job: &Job,
        due_at: DateTime<Utc>,
        outcome: &str,
    ) -> Result<(), ClaimError> {
        const SQL: &str = "
            UPDATE spindrift.cron_ticks SET finished_at = clock_timestamp(), outcome = $4
            WHERE name = $1 AND due_at = $2 AND claimed_by = $3 AND finished_at IS NULL";
        self.with_session(async |client| {
            let row = [&job.name as _, &due_at as _, &self.host as _, &outcome as _];
            client.execute(SQL, &row).await?;
            Ok(())
        })
        .await
    }

    /// Takes over the last tick of a job when the host that claimed it left it
    /// behind; once, for a tick may be what its host died of.
    pub(crate) async fn take_over(&self, job: &Job) -> Result<Option<DateTime<Utc>>, ClaimError> {
        const SQL: &str = "
            UPDATE spindrift.cron_ticks AS tick
            SET claimed_at = clock_timestamp(), claimed_by = $2, outcome = 'redelivering'
            WHERE name = $1 AND finished_at IS NULL AND outcome IS NULL
                AND claimed_at <= clock_timestamp() - make_interval(secs => $3)
                AND NOT EXISTS (
                    SELECT FROM spindrift.cron_ticks AS newer
                    WHERE newer.name = tick.name AND newer.due_at > tick.due_at
                        AND newer.outcome IS DISTINCT FROM 'skipped'
                )
            RETURNING due_at";
        let lease = self.lease(job);
        self.with_session(async |client| {
            let row = client
                .query_opt(SQL, &[&job.name, &self.host, &lease])
                .await?;
            Ok(row.map(|row| row.get(0)))
        })
        .await
    }

    /// Removes what was claimed longer ago than `retention`, but never the last
    /// tick of a job: it tells where to catch up from.
    pub(crate) async fn prune(&self, retention: Duration) -> Result<u64, ClaimError> {
        const SQL: &str = "
            DELETE FROM spindrift.cron_ticks AS tick
            WHERE claimed_at < clock_timestamp() - make_interval(secs => $1)
                AND EXISTS (
                    SELECT FROM spindrift.cron_ticks AS newer
                    WHERE newer.name = tick.name AND newer.due_at > tick.due_at
                )";
        self.with_session(async |client| {
            Ok(client.execute(SQL, &[&retention.as_secs_f64()]).await?)
        })
        .await
    }

    /// How many seconds a claim holds without an end.
    fn lease(&self, job: &Job) -> f64 {
        (job.timeout + self.margin).as_secs_f64()
    }

    async fn with_session<T>(
        &self,
        step: impl AsyncFnOnce(&mut Client) -> Result<T, ClaimError>,
    ) -> Result<T, ClaimError> {
        let mut session = self.session.lock().await;
        // Put back after the step alone: it may fail, or be dropped half-way.
        let present = session.take().filter(|client| !client.is_closed());
        let (client, value) = patiently(async {
            let mut client = match present {
                Some(client) => client,
                None => self.database.connect().await?,
            };
            let value = step(&mut client).await?;
            Ok((client, value))
        })
        .await?;
        *session = Some(client);
        Ok(value)
    }
}

async fn patiently<T>(step: impl Future<Output = Result<T, ClaimError>>) -> Result<T, ClaimError> {
    tokio::time::timeout(PATIENCE, step)
        .await
        .unwrap_or(Err(ClaimError::Silence))
}
