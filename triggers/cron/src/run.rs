//! One job, tick by tick; and what is done for all jobs now and then.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use spindrift_failpoints::{CRON_CLAIMED, CRON_DELIVERED, reach};
use spindrift_manifest::CatchUp;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::claims::{Claim, ClaimError, Claims};
use crate::clock::Clock;
use crate::deliver::{Deliver, Outcome, Tick};
use crate::job::Job;
use crate::metrics::Metrics;
use crate::scheduler::Options;

/// How often the clock is looked at, for it may have jumped.
const GLANCE: chrono::Duration = chrono::Duration::seconds(1);
/// The wait after a step that the database failed.
const RETRY: chrono::Duration = chrono::Duration::seconds(1);
/// How often it is tried to write down how a tick ended. After that it counts as
/// left behind, and is delivered once more.
const FINISH_ATTEMPTS: usize = 10;

/// What the jobs of a host share.
pub(crate) struct Host<D, C> {
    pub(crate) claims: Claims,
    pub(crate) deliver: D,
    pub(crate) metrics: Metrics,
    pub(crate) options: Options,
    pub(crate) clock: C,
    pub(crate) under_way: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl<D: Deliver, C: Clock> Host<D, C> {
    /// Delivers the ticks of a job until the host stops. A step that was begun is
    /// ended, so that no claim is left behind.
    pub(crate) async fn run(self: Arc<Self>, job: Arc<Job>) {
        let Some(mut after) = self.begin(&job).await else {
            return;
        };
        while let Some(next) = job.schedule.next_after(after, job.time_zone)
            && !self.stop.is_cancelled()
        {
            self.metrics.next_is(&job.name, next);
            let now = self.clock.now();
            if now < after {
                // The clock went back. What is due again has its row already.
                after = now;
            } else if now < next {
                self.pause((next - now).min(GLANCE)).await;
            } else {
                let due = job.schedule.last_between(after, now, job.time_zone);
                after = self.due(&job, due.unwrap_or(next)).await.unwrap_or(after);
            }
        }
    }

    /// The instant after which ticks count. `None` when the host stops.
    async fn begin(&self, job: &Job) -> Option<DateTime<Utc>> {
        while !self.stop.is_cancelled() {
            let now = self.clock.now();
            match self.claims.last(job, now).await {
                Ok(last) => {
                    let last = last.unwrap_or(now);
                    return Some(match job.catch_up {
                        CatchUp::One => last,
                        CatchUp::None => last.max(now - self.options.grace),
                    });
                }
                Err(error) => self.failed(job, "read the last tick", &error).await,
            }
        }
        None
    }

    /// Does what is to be done about a tick that is due, and answers when it was;
    /// `None` when the database failed. The next attempt is for what is due by then.
    async fn due(self: &Arc<Self>, job: &Arc<Job>, due_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if job.catch_up == CatchUp::None && self.lateness(due_at) > self.options.grace {
            self.metrics.count(&job.name, "missed");
            tracing::info!(job = job.name, %due_at, "a tick was missed");
            return Some(due_at);
        }
        match self.claims.claim(job, due_at).await {
            Ok(claim) => self.claimed(job, due_at, claim),
            Err(error) => {
                self.failed(job, "claim a tick", &error).await;
                return None;
            }
        }
        Some(due_at)
    }

    async fn failed(&self, job: &Job, action: &str, error: &ClaimError) {
        tracing::warn!(job = job.name, %error, "could not {action}; trying again");
        self.pause(RETRY).await;
    }

    /// Waits, but not for longer than the host runs.
    async fn pause(&self, duration: chrono::Duration) {
        let duration = duration.to_std().unwrap_or_default();
        self.stop
            .run_until_cancelled(self.clock.sleep(duration))
            .await;
    }

    fn claimed(self: &Arc<Self>, job: &Arc<Job>, due_at: DateTime<Utc>, claim: Claim) {
        match claim {
            Claim::Ours => self.start(job, due_at, false),
            Claim::Taken => self.metrics.count(&job.name, "taken"),
            Claim::Skipped => {
                self.metrics.count(&job.name, "skipped");
                tracing::warn!(job = job.name, %due_at, "a tick was skipped: the last one is under way");
            }
        }
    }

    /// Delivers a tick that is this host's, beside everything else.
    fn start(self: &Arc<Self>, job: &Arc<Job>, due_at: DateTime<Utc>, redelivery: bool) {
        let (host, job) = (Arc::clone(self), Arc::clone(job));
        self.under_way.spawn(async move {
            let tick = Tick {
                job: job.name.clone(),
                component: job.component.clone(),
                due_at,
                redelivery,
            };
            let lateness = host.lateness(due_at);
            host.metrics.late_by(&job.name, lateness);
            reach(CRON_CLAIMED);
            let outcome = timeout(job.timeout, host.deliver.deliver(tick)).await;
            reach(CRON_DELIVERED);
            let (word, reason) = match outcome {
                Ok(Outcome::Delivered) => ("delivered", None),
                Ok(Outcome::Failed(reason)) => ("failed", Some(reason)),
                Err(_) => (
                    "timed_out",
                    Some(format!("no end within {:?}", job.timeout)),
                ),
            };
            host.metrics.count(&job.name, word);
            let lateness_ms = u64::try_from(lateness.as_millis()).unwrap_or(u64::MAX);
            match reason {
                None => {
                    host.metrics.succeeded(&job.name, host.clock.now());
                    tracing::info!(job = job.name, %due_at, lateness_ms, "tick");
                }
                Some(reason) => {
                    tracing::error!(job = job.name, %due_at, lateness_ms, reason, "a tick failed");
                }
            }
            host.finish(&job, due_at, word).await;
        });
    }

    async fn finish(&self, job: &Job, due_at: DateTime<Utc>, outcome: &str) {
        for _ in 0..FINISH_ATTEMPTS {
            let Err(error) = self.claims.finish(job, due_at, outcome).await else {
                return;
            };
            let action = "write down how a tick ended";
            self.failed(job, action, &error).await;
            if self.stop.is_cancelled() {
                return;
            }
        }
    }

    /// Takes over the ticks of dead hosts, and prunes, until the host stops.
    pub(crate) async fn keep_house(self: Arc<Self>, jobs: Vec<Arc<Job>>) {
        let mut take_over = interval(self.options.take_over_every);
        let mut prune = interval(self.options.prune_every);
        take_over.set_missed_tick_behavior(MissedTickBehavior::Delay);
        prune.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = take_over.tick() => self.take_over(&jobs).await,
                _ = prune.tick() => {
                    if let Err(error) = self.claims.prune(self.options.retention).await {
                        tracing::warn!(%error, "could not prune the table of ticks");
                    }
                }
            }
        }
    }

    async fn take_over(self: &Arc<Self>, jobs: &[Arc<Job>]) {
        for job in jobs.iter().filter(|job| job.catch_up == CatchUp::One) {
            match self.claims.take_over(job).await {
                Ok(None) => {}
                Ok(Some(due_at)) => {
                    tracing::warn!(job = job.name, %due_at, "taking over a tick of a dead host");
                    self.start(job, due_at, true);
                }
                Err(error) => {
                    tracing::warn!(job = job.name, %error, "could not look for abandoned ticks");
                    return;
                }
            }
        }
    }

    /// Nothing when the clock went back since.
    fn lateness(&self, due_at: DateTime<Utc>) -> Duration {
        (self.clock.now() - due_at).to_std().unwrap_or_default()
    }
}
