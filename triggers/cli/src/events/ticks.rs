//! The jobs' ticks.

use std::future::Future;
use std::time::Duration;

use chrono::Utc;
use prometheus_client::registry::Registry;
use spindrift_cloudevents::retry::Schedule;
use spindrift_cloudevents::{Delivery, End, Event, Sink};
use spindrift_cron::{Deliver, Job, Metrics, Options, Outcome, Scheduler, Tick};
use spindrift_database::Target;
use spindrift_manifest::{App, CronTrigger};
use tokio_util::sync::CancellationToken;

use super::Reached;

/// The longest that a tick may take. The next one comes anyway.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A tick carries nothing: when it failed a few times, the next one does as well.
const RETRY: Schedule = Schedule {
    retries: 3,
    first: Duration::from_millis(600),
    cap: Duration::from_secs(5),
};

/// The scheduler of an application's jobs, for the functions that are reached. Without a
/// database no other host may tick them.
pub(super) fn scheduler<S: Sink + Clone>(
    app: &App,
    reached: &Reached<S>,
    database: Option<Target>,
    registry: &mut Registry,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<S> {
    let wanted = |trigger: &&CronTrigger| reached.components.contains(&trigger.component);
    let jobs = app.cron.iter().filter(wanted);
    let jobs = jobs.map(|trigger| Job::new(trigger, TIMEOUT)).collect();
    let deliver = ToFunction {
        sink: reached.sink.clone(),
        stop: stop.clone(),
    };
    let metrics = Metrics::register(registry);
    let options = Options::default();
    Scheduler::new(database, jobs, deliver, metrics, options).run(stop)
}

/// Gives ticks to functions.
struct ToFunction<S> {
    sink: S,
    stop: CancellationToken,
}

impl<S: Sink + Clone> Deliver for ToFunction<S> {
    async fn deliver(&self, tick: Tick) -> Outcome {
        let attributes = tick.attributes(Utc::now());
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
        let event = match Event::new(attributes, "") {
            Ok(event) => event,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let delivery = Delivery {
            sink: self.sink.clone(),
            component: tick.component,
            schedule: RETRY,
        };
        match delivery.deliver(&event, &self.stop, |_, _| {}).await {
            End::Done => Outcome::Delivered,
            End::Dead { answer, .. } => Outcome::Failed(answer.reason()),
            End::Stopped => Outcome::Failed("stopped".to_owned()),
        }
    }
}
