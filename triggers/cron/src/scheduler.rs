//! All jobs of one host, from its start to its stop.

use std::sync::Arc;
use std::time::Duration;

use spindrift_database::Target;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::claims::Claims;
use crate::clock::{Clock, SystemClock};
use crate::deliver::Deliver;
use crate::job::Job;
use crate::metrics::Metrics;
use crate::run::Host;

/// How a host goes about it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The host, in the table of ticks: another name for each run.
    pub host: String,
    /// How late a tick of a job that does not catch up may still be.
    pub grace: Duration,
    /// How long after a job's timeout a host that did not say how its tick ended
    /// counts as dead.
    pub margin: Duration,
    /// How often the ticks of dead hosts are looked for.
    pub take_over_every: Duration,
    /// How often the table is pruned.
    pub prune_every: Duration,
    /// How long a tick's row is kept. The last one of a job stays.
    pub retention: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: Uuid::now_v7().to_string(),
            grace: Duration::from_secs(10),
            margin: Duration::from_secs(5),
            take_over_every: Duration::from_secs(15),
            prune_every: Duration::from_secs(3600),
            retention: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

/// Delivers the ticks of jobs, in step with every other host on the same database.
///
/// - A tick is delivered by the one host that claims it. The clock may go back:
///   what was claimed is not delivered again.
/// - Ticks that came due while no host was there, or that the clock jumped over,
///   are delivered as one, the last of them ([`CatchUp::One`]), or not at all. The
///   same happens while the database is away. A job that was never claimed has
///   nothing to catch up with.
/// - While a tick of a job is under way on any host, a further one is left out
///   ([`Overlap::Skip`]).
///
/// [`CatchUp::One`]: spindrift_manifest::CatchUp::One
/// [`Overlap::Skip`]: spindrift_manifest::Overlap::Skip
pub struct Scheduler<D, C = SystemClock> {
    jobs: Vec<Job>,
    host: Host<D, C>,
}

impl<D: Deliver> Scheduler<D> {
    /// A scheduler that keeps its claims in `database`, where
    /// `spindrift.cron_ticks` is and this user may read, insert, change and delete
    /// rows of it. Nothing is connected yet. Without a database it keeps them to itself:
    /// for a host that is the only one, and catches up with nothing.
    pub fn new(
        database: Option<Target>,
        jobs: Vec<Job>,
        deliver: D,
        metrics: Metrics,
        options: Options,
    ) -> Self {
        Self::with_clock(database, jobs, deliver, metrics, options, SystemClock)
    }
}

impl<D: Deliver, C: Clock> Scheduler<D, C> {
    /// The same by another clock.
    pub fn with_clock(
        database: Option<Target>,
        jobs: Vec<Job>,
        deliver: D,
        metrics: Metrics,
        options: Options,
        clock: C,
    ) -> Self {
        let claims = Claims::new(database, options.host.clone(), options.margin);
        let host = Host {
            claims,
            deliver,
            metrics,
            options,
            clock,
            under_way: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        Self { jobs, host }
    }

    /// Runs until `stop` is cancelled and the ticks under way have ended, each
    /// within its job's timeout. While the database is away it goes on trying.
    pub async fn run(self, stop: CancellationToken) {
        let host = Arc::new(Host { stop, ..self.host });
        let jobs: Vec<Arc<Job>> = self.jobs.into_iter().map(Arc::new).collect();
        let tasks = TaskTracker::new();
        for job in &jobs {
            tasks.spawn(Arc::clone(&host).run(Arc::clone(job)));
        }
        tasks.spawn(Arc::clone(&host).keep_house(jobs));
        tasks.close();
        tasks.wait().await;
        // A job may have no further tick: those under way go on.
        host.stop.cancelled().await;
        host.under_way.close();
        host.under_way.wait().await;
    }
}
