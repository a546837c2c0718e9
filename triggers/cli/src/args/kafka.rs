//! Kafka, and `spindrift relay`.

use anyhow::{Result, anyhow};
use clap::Args;
use spindrift_manifest::App;

use super::{Address, AdminArgs, AppArgs, DatabaseArgs, OutputArgs, PlacementArgs, VariableArgs};

/// A Kafka that runs already.
#[derive(Args, Debug, Default)]
pub(crate) struct KafkaArgs {
    /// Bring events to functions through these brokers: host:port,host:port. How to sign in there
    /// is in [application.trigger.kafka] of the manifest.
    #[arg(global = true, long, value_name = "BROKERS", env = "KAFKA_BROKERS")]
    pub(crate) kafka_brokers: Option<String>,
    /// Trust these certificates (PEM) at brokers with TLS [default: the manifest's, or the
    /// system's].
    #[arg(global = true, long, value_name = "FILE", env = "KAFKA_CA_FILE")]
    pub(crate) kafka_ca_file: Option<String>,
}

impl KafkaArgs {
    /// Has the application use these brokers and certificates, whatever its manifest
    /// says. An empty text is none: that is how a variable is unset in many a file.
    pub(crate) fn apply(&self, app: &mut App) -> Result<()> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let settings = &mut app.kafka_settings;
        if let Some(brokers) = given(&self.kafka_brokers) {
            settings
                .set_brokers(&brokers)
                .map_err(|problem| anyhow!("`--kafka-brokers {brokers}` {problem}"))?;
        }
        if let Some(file) = given(&self.kafka_ca_file) {
            settings
                .set_ca_file(&file)
                .map_err(|problem| anyhow!("`--kafka-ca-file {file}` {problem}"))?;
        }
        Ok(())
    }
}

/// `spindrift relay`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  DATABASE_URL=postgres://... spindrift relay --kafka-brokers kafka-1:9092,kafka-2:9092
  DATABASE_URL=postgres://... spindrift relay --deliver http://{service}.todo.svc.cluster.local

The first publishes the outbox; whoever serves the functions has them called. The second calls
them itself, with events and with ticks: from Kafka where there are brokers, straight from the
outbox where there are none. Functions are served for it by `spindrift serve --event-sinks`.

Several may run: one works, and another takes over within seconds when it is gone. Messages of Redis
are delivered by each that runs: of those one should run. `spindrift up` has a relay of its own.")]
pub(crate) struct RelayArgs {
    /// Deliver events, ticks and messages to functions at this address, in which {service} stands
    /// for the service that serves a component, and {component} for the component's id.
    #[arg(long, value_name = "URL", env = "SPINDRIFT_DELIVER")]
    pub(crate) deliver: Option<Address>,
    #[command(flatten)]
    pub(crate) placement: PlacementArgs,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) variables: VariableArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) admin: AdminArgs,
}
