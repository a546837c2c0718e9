//! Brokers that belong together.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, Producer as _};
use tempfile::TempDir;

use crate::broker::Broker;
use crate::guard::Guard;
use crate::options::Options;
use crate::ports::{self, Ports};
use crate::{properties, tls};

/// Long enough for three brokers on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Ends the brokers in the folder and removes it.
const REMOVE: &str = r#"
for file in "$1"/*/pid; do
    [ -f "$file" ] && kill -KILL "$(cat "$file")" 2>/dev/null
done
sleep 0.2
rm -rf "$1"
"#;

/// A running Kafka. Dropped, its brokers are killed and their data removed.
#[derive(Debug)]
pub struct Kafka {
    brokers: Vec<Broker>,
    ports: Vec<Ports>,
    options: Options,
    folder: TempDir,
    guard: Guard,
}

impl Kafka {
    /// Starts one and waits until it serves.
    ///
    /// # Errors
    /// What [`skipped`](crate::skipped) says; or the end of a broker's log, when it ended.
    pub async fn start(options: Options) -> Result<Self> {
        let mut kafka = tokio::task::spawn_blocking(|| Self::prepare(options)).await??;
        for node in 0..kafka.brokers.len() {
            kafka.brokers[node].start()?;
        }
        kafka.ready().await?;
        Ok(kafka)
    }

    fn prepare(options: Options) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("spindrift-kafka-")
            .tempdir()?;
        let guard = Guard::start(REMOVE, [folder.path()])?;
        if options.tls {
            tls::make(folder.path())?;
        }
        let ports = ports::free(options.nodes)?;
        // Sixteen bytes in base64, as Kafka wants an id.
        let id = "c3BpbmRyaWZ0LXRlc3RzLg";
        let brokers = thread::scope(|scope| {
            let prepare = |index: usize| {
                let own = folder.path().join(format!("broker-{}", index + 1));
                let text = properties::text(&options, &own, &ports, index);
                Broker::prepare(&own, &options, &text, id)
            };
            let started: Vec<_> = (0..options.nodes)
                .map(|index| scope.spawn(move || prepare(index)))
                .collect();
            let join = |thread: thread::ScopedJoinHandle<'_, Result<Broker>>| {
                thread
                    .join()
                    .map_err(|_| anyhow::anyhow!("a thread panicked"))?
            };
            started.into_iter().map(join).collect::<Result<Vec<_>>>()
        })?;
        Ok(Self {
            brokers,
            ports,
            options,
            folder,
            guard,
        })
    }

    /// `host:port` of each broker, comma-separated: what a client is given.
    pub fn bootstrap(&self) -> String {
        let addresses: Vec<String> = self
            .ports
            .iter()
            .map(|ports| format!("127.0.0.1:{}", ports.clients))
            .collect();
        addresses.join(",")
    }

    /// The certificate of the authority that signed the brokers', PEM.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(tls::AUTHORITY)
    }

    /// A client's configuration that is let in.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.bootstrap());
        config.set("security.protocol", self.options.protocol());
        if self.options.tls {
            config.set("ssl.ca.location", self.ca_file().display().to_string());
        }
        if let Some((user, password)) = &self.options.sasl {
            config.set("sasl.mechanism", "SCRAM-SHA-512");
            config.set("sasl.username", user);
            config.set("sasl.password", password);
        }
        config
    }

    /// Makes a topic, with as many replicas as there are brokers.
    ///
    /// # Errors
    /// The brokers do not answer, or refuse.
    pub async fn create_topic(&self, name: &str, partitions: i32) -> Result<()> {
        self.create_topic_with(name, partitions, &[]).await
    }

    /// As [`Self::create_topic`], with configuration of its own.
    ///
    /// # Errors
    /// The brokers do not answer, or refuse.
    pub async fn create_topic_with(
        &self,
        name: &str,
        partitions: i32,
        config: &[(&str, &str)],
    ) -> Result<()> {
        let admin: AdminClient<DefaultClientContext> = self.client().create()?;
        let replicas = TopicReplication::Fixed(self.brokers.len().min(3).try_into()?);
        let topic = config.iter().fold(
            NewTopic::new(name, partitions, replicas),
            |topic, (key, value)| topic.set(key, value),
        );
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
        for made in admin.create_topics([&topic], &options).await? {
            made.map_err(|(topic, code)| anyhow::anyhow!("{topic} was not made: {code}"))?;
        }
        Ok(())
    }

    /// As `kill -9` of a broker, numbered from 0.
    pub fn kill(&mut self, node: usize) {
        self.brokers[node].kill();
    }

    /// Starts a broker that was killed, at the same port with the same data, and waits
    /// until all serve that were not killed.
    ///
    /// # Errors
    /// It does not come up; with the end of its log.
    pub async fn restart(&mut self, node: usize) -> Result<()> {
        self.brokers[node].start()?;
        self.ready().await
    }

    /// Ends all brokers and removes their data.
    pub fn stop(self) {}

    /// Waits until every broker that was not killed is known to the others.
    async fn ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let running = self.brokers.iter().filter(|broker| broker.runs()).count();
        while self.known().await? < running {
            for broker in &mut self.brokers {
                broker.check()?;
            }
            ensure!(
                Instant::now() < deadline,
                "Kafka was not ready after {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// How many brokers the first one that answers knows.
    async fn known(&self) -> Result<usize> {
        let mut config = self.client();
        // What is refused now may be let in soon: nothing of it is worth a log line.
        config
            .set("log_level", "0")
            .set("reconnect.backoff.max.ms", "100");
        let asked = tokio::task::spawn_blocking(move || {
            let client: BaseProducer = config.create().context("the client's configuration")?;
            let metadata = client.client().fetch_metadata(None, Duration::from_secs(1));
            anyhow::Ok(metadata.map_or(0, |metadata| metadata.brokers().len()))
        });
        asked.await?
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        self.brokers.clear();
        self.guard.dismiss();
    }
}
