//! What the tests share: a real server with the table of ticks, a clock that is
//! set by hand, and somebody to deliver to.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use spindrift_cron::{Clock, Deliver, Job, Metrics, Options, Outcome, Scheduler, Tick};
use spindrift_database::migrate::migrate;
use spindrift_database::{PrivateServer, StateFolder, StateLock, Target, connect};
use spindrift_manifest::{CatchUp, Overlap, Schedule};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/migrations");

/// A server with the application's schema. Dropped in this order: server, lock, folder.
pub(crate) struct Database {
    pub(crate) server: PrivateServer,
    pub(crate) worker_url: String,
    owner_url: String,
    _lock: StateLock,
    _folder: TempDir,
}

impl Database {
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // The server's user must get in, also when the tests run as root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
        let lock = StateFolder::open(&folder.path().join("state"))?.lock()?;
        let server = PrivateServer::start(&lock, &|_| {}).await?;
        let access = server.access();
        let roles = ["spindrift_app", "spindrift_worker"];
        let mut urls = access.ensure_roles(roles).await?;
        let owner_url = access.owner_url()?;
        migrate(&owner_url, Path::new(MIGRATIONS), &|_| {}).await?;
        Ok(Self {
            worker_url: urls.remove("spindrift_worker").context("no worker")?,
            owner_url,
            server,
            _lock: lock,
            _folder: folder,
        })
    }

    pub(crate) async fn execute(&self, sql: &str) -> Result<()> {
        Ok(connect(&self.owner_url).await?.batch_execute(sql).await?)
    }

    /// The rows of a job: when it was due, and how it ended.
    pub(crate) async fn rows(&self, name: &str) -> Result<Vec<(DateTime<Utc>, Option<String>)>> {
        let client = connect(&self.owner_url).await?;
        let sql =
            "SELECT due_at, outcome FROM spindrift.cron_ticks WHERE name = $1 ORDER BY due_at";
        let rows = client.query(sql, &[&name]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}

/// A clock that stands still until it is set.
#[derive(Clone)]
pub(crate) struct HandClock(Arc<Mutex<DateTime<Utc>>>);

impl HandClock {
    pub(crate) fn at(text: &str) -> Self {
        Self(Arc::new(Mutex::new(instant(text))))
    }

    pub(crate) fn set(&self, text: &str) {
        self.set_to(instant(text));
    }

    pub(crate) fn set_to(&self, at: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    pub(crate) fn advance(&self, by: chrono::Duration) {
        self.set_to(self.now() + by);
    }
}

impl Clock for HandClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration.min(Duration::from_millis(5))).await;
    }
}

/// Takes ticks, and answers them while it has permits to.
#[derive(Clone)]
pub(crate) struct Receiver {
    ticks: Arc<Mutex<Vec<Tick>>>,
    pub(crate) permits: Arc<Semaphore>,
    outcome: Outcome,
}

impl Receiver {
    /// One that answers at once.
    pub(crate) fn ready() -> Self {
        Self::with_permits(Semaphore::MAX_PERMITS)
    }

    /// One that answers as often as permits are added.
    pub(crate) fn held() -> Self {
        Self::with_permits(0)
    }

    fn with_permits(permits: usize) -> Self {
        Self {
            ticks: Arc::default(),
            permits: Arc::new(Semaphore::new(permits)),
            outcome: Outcome::Delivered,
        }
    }

    pub(crate) fn answering(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    pub(crate) fn ticks(&self) -> Vec<Tick> {
        self.ticks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn due(&self) -> Vec<DateTime<Utc>> {
        self.ticks().iter().map(|tick| tick.due_at).collect()
    }

    pub(crate) async fn wait_for(&self, number: usize) {
        wait_for("a tick", async || self.ticks().len() >= number).await;
    }
}

impl Deliver for Receiver {
    async fn deliver(&self, tick: Tick) -> Outcome {
        self.ticks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(tick);
        // A closed semaphore never comes to pass.
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
        self.outcome.clone()
    }
}

/// A running scheduler.
pub(crate) struct Host {
    stop: CancellationToken,
    task: JoinHandle<()>,
    registry: Registry,
    jobs: Vec<String>,
}

impl Host {
    pub(crate) fn start(url: &str, jobs: &[Job], clock: &HandClock, receiver: &Receiver) -> Self {
        let options = Options {
            margin: Duration::from_millis(200),
            take_over_every: Duration::from_millis(50),
            ..Options::default()
        };
        Self::start_with(url, jobs, clock, receiver, options)
    }

    /// One that is the only one, without a database.
    pub(crate) fn start_alone(jobs: &[Job], clock: &HandClock, receiver: &Receiver) -> Self {
        Self::run(None, jobs, clock, receiver, Options::default())
    }

    pub(crate) fn start_with(
        url: &str,
        jobs: &[Job],
        clock: &HandClock,
        receiver: &Receiver,
        options: Options,
    ) -> Self {
        let database = Target::parse(url).expect("an address");
        Self::run(Some(database), jobs, clock, receiver, options)
    }

    fn run(
        database: Option<Target>,
        jobs: &[Job],
        clock: &HandClock,
        receiver: &Receiver,
        options: Options,
    ) -> Self {
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let scheduler = Scheduler::with_clock(
            database,
            jobs.to_vec(),
            receiver.clone(),
            metrics,
            options,
            clock.clone(),
        );
        let stop = CancellationToken::new();
        let task = tokio::spawn(scheduler.run(stop.clone()));
        Self {
            stop,
            task,
            registry,
            jobs: jobs.iter().map(|job| job.name.clone()).collect(),
        }
    }

    pub(crate) fn metrics(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap_or_default();
        text
    }

    /// The number of a job's ticks with this outcome.
    pub(crate) fn count(&self, job: &str, outcome: &str) -> u64 {
        let series = format!("spindrift_cron_ticks_total{{job=\"{job}\",outcome=\"{outcome}\"}} ");
        self.series(&series).unwrap_or(0)
    }

    pub(crate) async fn wait_for_count(&self, job: &str, outcome: &str, number: u64) {
        wait_for(outcome, async || self.count(job, outcome) >= number).await;
    }

    /// Waits until it has asked where to begin: before that, the present time is
    /// that of its start.
    pub(crate) async fn settled(&self) {
        wait_for("a host to begin", async || {
            self.jobs.iter().all(|job| self.next(job).is_some())
        })
        .await;
    }

    pub(crate) async fn wait_for_next(&self, job: &str, due_at: &str) {
        let due_at = Some(instant(due_at).timestamp() as f64);
        wait_for("the clock to be looked at", async || {
            self.next(job) == due_at
        })
        .await;
    }

    /// When the next tick of a job is due, in seconds since 1970.
    fn next(&self, job: &str) -> Option<f64> {
        self.series(&format!(
            "spindrift_cron_next_tick_timestamp_seconds{{job=\"{job}\"}} "
        ))
    }

    fn series<N: std::str::FromStr>(&self, series: &str) -> Option<N> {
        let text = self.metrics();
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        line.and_then(|number| number.parse().ok())
    }

    pub(crate) fn begin_to_stop(&self) {
        self.stop.cancel();
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.task.is_finished()
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.cancel();
        Ok(tokio::time::timeout(Duration::from_secs(20), self.task).await??)
    }
}

/// A job in UTC that catches up. Its ticks may overlap: a clock that is set by hand
/// goes on as soon as a tick was received, before its end was written down.
pub(crate) fn job(name: &str, schedule: &str) -> Result<Job> {
    Ok(Job {
        name: name.to_owned(),
        component: "sweep".to_owned(),
        schedule: Schedule::parse(schedule)?,
        time_zone: Tz::UTC,
        overlap: Overlap::Allow,
        catch_up: CatchUp::One,
        timeout: Duration::from_secs(30),
    })
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Waits for a condition.
pub(crate) async fn wait_for(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Long enough for a host to do what it should not.
pub(crate) async fn a_while() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}
