//! The relay's life: waiting for its turn to work, working, and waiting for work.

use std::time::Duration;

use spindrift_database::Target;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::RelayError;
use crate::lead::Lead;
use crate::metrics::Metrics;
use crate::outlet::Outlet;
use crate::prune::prune;
use crate::session::Session;

/// Rows taken at once.
const BATCH: usize = 500;

/// How long the relay looks by itself after there was work, and how often.
const AWAKE: Duration = Duration::from_millis(50);
const GLANCE: Duration = Duration::from_millis(2);

/// How often it looks when nobody told it of anything: for rows whose transaction was
/// under way when it went to sleep.
const POLL: Duration = Duration::from_millis(500);

/// How often the waiting rows are counted and old ones removed.
const UPKEEP: Duration = Duration::from_secs(5);

/// The pause after a failure, doubled up to the longer one.
const PAUSE: Duration = Duration::from_millis(100);
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// How a relay works.
#[derive(Clone)]
pub struct Settings {
    /// The database, as a role that may read the outbox. A session is needed: not a
    /// transaction pooler.
    pub database: Target,
    /// How long published rows are kept.
    pub retention: Duration,
}

/// Runs a relay until `stop`. Failures are logged, and it begins again.
pub async fn run<O: Outlet>(
    settings: Settings,
    mut outlet: O,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let mut pause = PAUSE;
    loop {
        let since = Instant::now();
        let term = term(&settings, &mut outlet, &metrics, &stop).await;
        metrics.steps_down();
        let Err(error) = term else { return };
        if since.elapsed() > LONG_PAUSE {
            pause = PAUSE;
        }
        tracing::warn!(%error, again_in_ms = pause.as_millis(), "the relay was interrupted");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => return,
        }
        pause = (pause * 2).min(LONG_PAUSE);
    }
}

/// From the turn to work to its end: by `stop`, or by a failure.
async fn term<O: Outlet>(
    settings: &Settings,
    outlet: &mut O,
    metrics: &Metrics,
    stop: &CancellationToken,
) -> Result<(), RelayError> {
    let lead = tokio::select! {
        lead = Lead::take(&settings.database) => lead?,
        () = stop.cancelled() => return Ok(()),
    };
    metrics.leads.set(1);
    tracing::debug!("this relay works");
    let end = stop.child_token();
    let upkeep = upkeep(settings.clone(), metrics.clone());
    let mut work = tokio::spawn(outlet.work(end.clone(), metrics.clone()));
    let ended = tokio::select! {
        ended = forward(lead, outlet, metrics) => ended,
        ended = upkeep => ended,
        ended = &mut work => return ended?,
        () = stop.cancelled() => Ok(()),
    };
    end.cancel();
    let worked = work.await?;
    ended.and(worked)
}

/// Takes rows as they come.
async fn forward<O: Outlet>(
    mut lead: Lead,
    outlet: &mut O,
    metrics: &Metrics,
) -> Result<(), RelayError> {
    let mut worked = Instant::now();
    loop {
        let taken = outlet.take(&mut lead.session, BATCH, metrics).await?;
        if taken > 0 {
            worked = Instant::now();
        }
        if taken == BATCH {
            continue;
        }
        if worked.elapsed() < AWAKE {
            lead.stay_awake(true).await?;
            tokio::time::sleep(GLANCE).await;
        } else if lead.is_awake() {
            // Once more after saying so: whoever wrote before that told nobody.
            lead.stay_awake(false).await?;
        } else {
            sleep(&mut lead).await?;
        }
    }
}

/// Waits until somebody tells of a row, one becomes due, or it is time to look.
async fn sleep(lead: &mut Lead) -> Result<(), RelayError> {
    let row = lead
        .session
        .row(
            "SELECT extract(epoch FROM min(available_at) - now())::float8 FROM spindrift.outbox \
             WHERE published_at IS NULL AND available_at > now()",
            &[],
        )
        .await?;
    let due = row.get::<_, Option<f64>>(0).unwrap_or(f64::MAX);
    let pause = Duration::from_secs_f64(due.clamp(0.0, POLL.as_secs_f64()));
    tokio::select! {
        () = lead.written.notified() => {}
        () = tokio::time::sleep(pause) => {}
    }
    Ok(())
}

/// Counts what waits and removes what is old, beside the work.
async fn upkeep(settings: Settings, metrics: Metrics) -> Result<(), RelayError> {
    let mut session = Session::open(&settings.database).await?;
    let mut pruned = 0;
    loop {
        let row = session
            .row(
                "SELECT count(*), coalesce(extract(epoch FROM now() - min(available_at)), 0)::float8 \
                 FROM spindrift.outbox WHERE published_at IS NULL AND available_at <= now()",
                &[],
            )
            .await?;
        metrics.waiting.set(row.get(0));
        metrics.oldest.set(row.get(1));
        pruned = prune(&mut session, settings.retention, pruned).await?;
        tokio::time::sleep(UPKEEP).await;
    }
}
