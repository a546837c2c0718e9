//! Events, ticks and messages on their way to functions: of this process, or over the
//! network.

mod answered;
mod consumers;
mod messages;
mod publisher;
mod relay;
mod remote;
mod sink;
mod ticks;
mod topics;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use prometheus_client::registry::Registry;
use spindrift_cloudevents::Sink;
use spindrift_cloudevents::retry::Schedule;
use spindrift_database::{Target, with_role};
use spindrift_kafka::Producer;
use spindrift_manifest::{App, KafkaConnection, KafkaTrigger};
use spindrift_redis::Subscription;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::answered::Logged;
pub(crate) use self::relay::to_kafka;
pub(crate) use self::remote::Remote;
pub(crate) use self::sink::InProcess;
use crate::args::DatabaseArgs;

/// How long the brokers may take to acknowledge what is published.
const ACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Where events, ticks and messages come from.
#[derive(Default)]
pub(crate) struct Sources {
    /// The database that the outbox and the ticks are in.
    pub(crate) database: Option<Target>,
    /// The brokers. Without them events go from the outbox straight to the functions.
    pub(crate) kafka: Option<KafkaConnection>,
    /// The channels of Redis that are listened to.
    pub(crate) redis: Vec<Subscription>,
    /// Nobody else ticks the application's jobs, who would have to be asked.
    pub(crate) alone: bool,
}

impl Sources {
    /// What the manifest, the variables' values and the options say. Nothing for an
    /// application whose functions are called by requests alone. `alone` says that no
    /// other process serves the application.
    pub(crate) fn of(
        app: &App,
        values: &BTreeMap<String, String>,
        database: &DatabaseArgs,
        alone: bool,
    ) -> Result<Self> {
        let redis = channels(app, values)?;
        if app.kafka.is_empty() && app.cron.is_empty() {
            return Ok(Self {
                redis,
                ..Self::default()
            });
        }
        let sources = Self {
            database: outbox(app, values, database)?,
            kafka: app.kafka_connection(values)?,
            redis,
            alone,
        };
        sources.warn_of_missing(app);
        Ok(sources)
    }

    /// Says what functions wait for and nobody brings.
    fn warn_of_missing(&self, app: &App) {
        if self.database.is_some() {
            return;
        }
        let variable = format!(
            "`outbox_variable` in [application.tool.spindrift.database] of {}",
            app.manifest.display()
        );
        if !app.kafka.is_empty() && self.kafka.is_none() {
            tracing::warn!(
                "events are not delivered: there are no brokers (`--kafka-brokers`), and no {variable}"
            );
        }
        if !app.cron.is_empty() && !self.alone {
            tracing::warn!("ticks are not delivered: there is no {variable}");
        }
    }
}

/// The channels that the manifest's triggers name.
fn channels(app: &App, values: &BTreeMap<String, String>) -> Result<Vec<Subscription>> {
    let subscriptions = app.redis_subscriptions(values)?;
    let understood = subscriptions.iter().map(|one| {
        Subscription::new(one).with_context(|| format!("trigger.redis ({})", one.trigger))
    });
    understood.collect()
}

/// The database that the outbox is in, by the URL that the manifest names.
fn outbox(
    app: &App,
    values: &BTreeMap<String, String>,
    database: &DatabaseArgs,
) -> Result<Option<Target>> {
    let settings = app.settings.database.as_ref();
    let Some((settings, variable)) = settings.and_then(|s| Some((s, s.outbox_variable.as_ref()?)))
    else {
        return Ok(None);
    };
    let role = settings.roles.get(variable);
    let url = match (database.session_url(), role) {
        // Sessions are needed, which a pooler does not give.
        (Some(direct), Some(role)) => with_role(direct, role).context("DIRECT_DATABASE_URL")?,
        _ => values
            .get(variable)
            .with_context(|| format!("the variable \"{variable}\" has no value"))?
            .clone(),
    };
    // Here, where it can be said which one is wrong.
    let target = Target::parse(&url).with_context(|| format!("variable \"{variable}\""))?;
    Ok(Some(target))
}

/// Functions that events, ticks and messages are brought to.
pub(crate) struct Reached<S> {
    /// The way to them.
    pub(crate) sink: S,
    /// Which they are.
    pub(crate) components: BTreeSet<String>,
}

/// Starts delivering what functions subscribe to, and ticking their jobs, until the
/// stop; what is under way then is let end.
pub(crate) fn start<S: Sink + Clone>(
    app: &App,
    reached: Reached<S>,
    sources: Sources,
    registry: &mut Registry,
    stop: &CancellationToken,
) -> Result<JoinSet<()>> {
    let reached = Reached {
        sink: Logged(reached.sink),
        components: reached.components,
    };
    let mut tasks = JoinSet::new();
    let Sources {
        database,
        kafka,
        redis,
        alone,
    } = sources;
    let wanted = |one: &Subscription| reached.components.contains(&one.component);
    let redis: Vec<Subscription> = redis.into_iter().filter(wanted).collect();
    if !redis.is_empty() {
        let messages = messages::all(redis, &reached.sink, registry, stop.clone());
        tasks.spawn(messages);
    }
    if database.is_some() || alone {
        let ticks = ticks::scheduler(app, &reached, database.clone(), registry, stop.clone());
        tasks.spawn(ticks);
    }
    let wanted = |trigger: &&KafkaTrigger| reached.components.contains(&trigger.component);
    let triggers: Vec<&KafkaTrigger> = app.kafka.iter().filter(wanted).collect();
    let sink = &reached.sink;
    match (kafka, database) {
        (Some(connection), database) => {
            let producer = producer(&connection)?;
            let members = consumers::all(&triggers, sink, &connection, &producer, registry, stop);
            tasks.spawn(members);
            if let Some(database) = database {
                let relay = to_kafka(producer, database, registry, stop.clone());
                tasks.spawn(relay);
            }
        }
        (None, Some(database)) => {
            let relay = relay::direct(&triggers, sink, database, registry, stop.clone());
            tasks.spawn(relay);
        }
        (None, None) => {}
    }
    Ok(tasks)
}

/// What writes to the brokers.
pub(crate) fn producer(connection: &KafkaConnection) -> Result<Producer> {
    Ok(Producer::new(connection, ACKNOWLEDGED)?)
}

/// When a trigger's event is delivered again.
fn schedule(trigger: &KafkaTrigger) -> Schedule {
    Schedule {
        retries: trigger.retry.retries,
        first: trigger.retry.first,
        cap: trigger.retry.cap,
    }
}
