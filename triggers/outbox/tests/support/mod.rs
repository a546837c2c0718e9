//! A real PostgreSQL with the outbox in it, and functions that note what they are given.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::Request;
use prometheus_client::registry::Registry;
use spindrift_cloudevents::retry::Schedule;
use spindrift_cloudevents::{Answer, Sink};
use spindrift_database::{PrivateServer, StateFolder, StateLock, Target, migrate::migrate};
use spindrift_outbox::{Direct, Metrics, Outlet, Settings, Subscription, run};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

/// A server, and the URLs of its roles. Dropped in this order.
pub(crate) struct Database {
    server: PrivateServer,
    _lock: StateLock,
    _folder: TempDir,
    pub(crate) worker: Target,
    pub(crate) owner: Target,
}

impl Database {
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        // The server's user has to get in, also when the tests run as root.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open)?;
        let state = StateFolder::open(&folder.path().join("state"))?;
        let lock = state.lock()?;
        let server = PrivateServer::start(&lock, &|_| {}).await?;
        let roles = ["spindrift_app", "spindrift_worker"];
        let urls = server.access().ensure_roles(roles).await?;
        let owner = server.access().owner_url()?;
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions/migrations");
        migrate(&owner, &migrations, &|_| {}).await?;
        Ok(Self {
            server,
            _lock: lock,
            _folder: folder,
            worker: Target::parse(&urls["spindrift_worker"])?,
            owner: Target::parse(&owner)?,
        })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        Ok(self.server.stop().await?)
    }

    pub(crate) async fn count(&self, what: &str) -> Result<i64> {
        let client = self.owner.connect().await?;
        let row = client
            .query_one(&format!("SELECT count(*) FROM spindrift.{what}"), &[])
            .await?;
        Ok(row.get(0))
    }
}

/// Writes an event whose id is `id`.
pub(crate) async fn write(client: &Client, topic: &str, key: &str, id: &str) -> Result<()> {
    write_for(client, topic, key, id, 0.0).await
}

/// The same, not to be sent before so many seconds.
pub(crate) async fn write_for(
    client: &Client,
    topic: &str,
    key: &str,
    id: &str,
    seconds: f64,
) -> Result<()> {
    client
        .execute(
            "INSERT INTO spindrift.outbox (topic, key, headers, data, available_at) \
             VALUES ($1, $2, jsonb_build_object('specversion', '1.0', 'id', $3::text, \
             'source', '/test', 'type', 'test.made', 'datacontenttype', 'application/json'), \
             jsonb_build_object('key', $2::text), now() + make_interval(secs => $4))",
            &[&topic, &key, &id, &seconds],
        )
        .await?;
    Ok(())
}

/// A call that a function was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) component: String,
    pub(crate) id: String,
    pub(crate) body: Bytes,
}

type Behaviour = dyn Fn(&Given, usize) -> Answer + Send + Sync;

/// Functions: each call is noted, then answered by the behaviour, which is told how
/// often this component was given this event before.
#[derive(Clone)]
pub(crate) struct Functions {
    given: Arc<Mutex<Vec<Given>>>,
    behaviour: Arc<Behaviour>,
}

impl Functions {
    pub(crate) fn new(behaviour: impl Fn(&Given, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            given: Arc::default(),
            behaviour: Arc::new(behaviour),
        }
    }

    pub(crate) fn willing() -> Self {
        Self::new(|_, _| Answer::Status(204))
    }

    pub(crate) fn given(&self) -> Vec<Given> {
        self.given.lock().expect("nobody panics with it").clone()
    }

    /// The ids that a component was given, in their order.
    pub(crate) fn ids(&self, component: &str) -> Vec<String> {
        let given = self.given();
        let own = given.iter().filter(|given| given.component == component);
        own.map(|given| given.id.clone()).collect()
    }
}

impl Sink for Functions {
    async fn call(&self, component: &str, request: Request<Bytes>) -> Answer {
        let given = Given {
            component: component.to_owned(),
            id: request.headers()["ce-id"]
                .to_str()
                .expect("an id is text")
                .to_owned(),
            body: request.into_body(),
        };
        let before = {
            let mut all = self.given.lock().expect("nobody panics with it");
            let before = all.iter().filter(|other| **other == given).count();
            all.push(given.clone());
            before
        };
        // A turn for the others, as a real call gives.
        tokio::task::yield_now().await;
        (self.behaviour)(&given, before)
    }
}

pub(crate) fn subscription(component: &str, topics: &[&str]) -> Subscription {
    Subscription {
        consumer: format!("test.{component}"),
        component: component.to_owned(),
        topics: topics.iter().map(ToString::to_string).collect(),
        schedule: Schedule {
            retries: 3,
            first: Duration::from_millis(5),
            cap: Duration::from_millis(20),
        },
    }
}

/// A relay at work.
pub(crate) struct Relay {
    stop: CancellationToken,
    task: JoinHandle<()>,
    pub(crate) registry: Registry,
}

impl Relay {
    pub(crate) fn start(database: &Database, outlet: impl Outlet) -> Self {
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let stop = CancellationToken::new();
        let settings = Settings {
            database: database.worker.clone(),
            retention: Duration::from_secs(3600),
        };
        let task = tokio::spawn(run(settings, outlet, metrics, stop.clone()));
        Self {
            stop,
            task,
            registry,
        }
    }

    pub(crate) fn direct(
        database: &Database,
        subscriptions: Vec<Subscription>,
        functions: &Functions,
    ) -> Self {
        let outlet = Direct::new(database.worker.clone(), subscriptions, functions.clone());
        Self::start(database, outlet)
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.task)
            .await
            .context("the relay does not stop")??;
        Ok(())
    }

    /// The value of a series.
    pub(crate) fn metric(&self, name: &str) -> Result<f64> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next());
        Ok(value.context("no such series")?.parse()?)
    }
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await? {
        if Instant::now() > deadline {
            bail!("waited too long for {what}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
