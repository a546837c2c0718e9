//! A profile: what one environment differs in from the others. `knative/profiles`
//! has one file for each.

mod backup;
mod backup_keys;
mod keys;
mod places;
mod read;
mod service_keys;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spindrift_manifest::{Diagnostics, ServiceSettings, reading};

use crate::release::{Rollout, SecretKey};

pub use backup::Backup;
pub use keys::{KEYS, Key, reference};

/// One environment.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The file, as it was named.
    pub path: PathBuf,
    /// `namespace`.
    pub namespace: String,
    /// `image`: the repository, or a whole reference.
    pub image: Option<String>,
    /// `pull_secret`: the Secret by which the image is pulled.
    pub pull_secret: Option<String>,
    /// `placement`.
    pub placement: Placement,
    /// `[defaults]`: what services have for which nobody says otherwise.
    pub defaults: ServiceSettings,
    /// `[services.<name>]`: goes before the manifest.
    pub services: BTreeMap<String, ServiceSettings>,
    /// `spread`: have pods of a service on different nodes and in different zones.
    pub spread: bool,
    /// `[sidecar]`.
    pub sidecar: Sidecar,
    /// `[variables]`.
    pub variables: BTreeMap<String, Value>,
    /// `[database]`.
    pub database: Database,
    /// `[backup]`, where there is one.
    pub backup: Option<Backup>,
    /// `[delivery]`.
    pub delivery: Delivery,
    /// `[kafka]`.
    pub kafka: Kafka,
    /// `[routing]`.
    pub routing: Routing,
    /// `[release]`.
    pub rollout: Rollout,
    /// `[network]`.
    pub network: Network,
    /// `[monitoring]`.
    pub monitoring: Monitoring,
    /// `[dapr]`, where it is on.
    pub dapr: Option<Dapr>,
    /// `[spin]`.
    pub spin: Spin,
}

/// `placement`: which functions share a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// `"manifest"`: as the manifest places them, each with a service of its own
    /// where it doesn't.
    #[default]
    Manifest,
    /// `"together"`: two services, one for routes and one for events and ticks.
    Together,
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// In the open.
    Text(String),
    /// A key of a Secret.
    Secret(SecretKey),
}

/// `[sidecar]`: what Knative's proxy in each pod asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// `cpu`, in thousandths of a processor.
    pub cpu: u32,
    /// `memory`, in bytes.
    pub memory: u64,
}

/// `[database]`: where the database's URLs are.
#[derive(Clone, Debug)]
pub struct Database {
    /// `url`: for functions and the relay, where `[variables]` gives them none of
    /// their own.
    pub url: Option<SecretKey>,
    /// `direct_url`: the same server without a transaction pooler in front, for the
    /// relay.
    pub direct_url: Option<SecretKey>,
    /// `owner_url`: for migrations.
    pub owner_url: Option<SecretKey>,
    /// `addresses`: networks that the server is in, for the network policies.
    pub addresses: Vec<String>,
    /// `port`.
    pub port: u16,
    /// `pool_port`: of a pooler in front of it.
    pub pool_port: Option<u16>,
    /// `connections` that a pod may hold of each URL.
    pub connections: u32,
}

/// `[monitoring]`: who watches.
#[derive(Clone, Debug, Default)]
pub struct Monitoring {
    /// `pod_monitor`: have Prometheus find the pods.
    pub pod_monitor: bool,
    /// `traces`: where pods send what they did for whom.
    pub traces: Option<Traces>,
}

/// `monitoring.traces` and `traces_percent`: spans by OpenTelemetry's OTLP over HTTP.
#[derive(Clone, Debug)]
pub struct Traces {
    /// The collector.
    pub endpoint: WebAddress,
    /// How many of the traces that begin here are recorded.
    pub percent: f64,
}

/// Where a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAddress {
    /// The base of its URLs, without a slash at its end.
    pub url: String,
    /// Its port.
    pub port: u16,
}

/// `[delivery]`: what brings events and ticks to functions.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// `mode`.
    pub mode: DeliveryMode,
    /// `replicas` of the relay.
    pub replicas: u32,
    /// `resources` of a pod of the relay.
    pub resources: spindrift_manifest::Resources,
}

/// `delivery.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryMode {
    /// `"builtin"`: the relay, by itself.
    Builtin,
    /// `"knative"`: KafkaSource and PingSource; the relay publishes the outbox.
    Knative,
}

/// `[kafka]`: the brokers, where events go through some. How they are reached is in
/// the manifest and in `[variables]`.
#[derive(Clone, Debug)]
pub struct Kafka {
    /// `topics`.
    pub topics: Topics,
    /// `strimzi.cluster`: the name of the Kafka resource.
    pub cluster: String,
    /// `strimzi.namespace`: where it is.
    pub cluster_namespace: String,
    /// `partitions` of each topic.
    pub partitions: u32,
    /// `replication` of each topic.
    pub replication: u32,
    /// `min_insync`: replicas that have a record before it is acknowledged.
    pub min_insync: u32,
    /// `retention_hours` of topics; dead letters are kept four times as long.
    pub retention_hours: u32,
    /// `consumers` of a KafkaSource, at most one for each partition.
    pub consumers: u32,
    /// `max_consumers`: KEDA adds consumers up to so many; 0 leaves KEDA out.
    pub max_consumers: u32,
    /// `ca`: certificates to trust, for KafkaSource and KafkaSink.
    pub ca: Option<SecretKey>,
    /// `addresses`: networks that the brokers are in, for the network policies.
    pub addresses: Vec<String>,
}

/// `kafka.topics`: who makes topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topics {
    /// `"list"`: somebody else, or the relay; `spindrift render` lists them.
    List,
    /// `"strimzi"`: Strimzi's operator, by `KafkaTopic`s.
    Strimzi,
}

/// `[routing]`: how requests from outside get to the services.
#[derive(Clone, Debug)]
pub struct Routing {
    /// `mode`.
    pub mode: RoutingMode,
    /// `host`: the site's name.
    pub host: Option<String>,
    /// `gateway`, `gateway_namespace`: the Gateway that `host` leads to.
    pub gateway: Place,
    /// `internal`, `internal_namespace`, `internal_port`: the Service of Knative's
    /// own gateway inside of the cluster.
    pub internal: Place,
    /// `internal_port`.
    pub internal_port: u16,
    /// `tls_secret`: the Secret with `host`'s certificate.
    pub tls_secret: Option<String>,
    /// `issuer`: the ClusterIssuer of cert-manager that fills that Secret.
    pub issuer: Option<String>,
    /// `redirect`: lead plain HTTP to HTTPS.
    pub redirect: bool,
}

/// A name in a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
}

/// `routing.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutingMode {
    /// `"edge"`: a service of this program that forwards by the manifest's routes.
    Edge,
    /// `"gateway"`: `HTTPRoute`s of the Gateway API.
    Gateway,
    /// `"none"`: every service by its own name.
    None,
}

/// `[network]`: who may talk to whom.
#[derive(Clone, Debug)]
pub struct Network {
    /// `policies`: write NetworkPolicies.
    pub policies: bool,
    /// `system_namespaces`: where Knative and its gateway run.
    pub system_namespaces: Vec<String>,
    /// `monitoring_namespace`: from where metrics are read.
    pub monitoring_namespace: String,
}

/// `[dapr]`: sidecars of Dapr, for who runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dapr {
    /// `config`: the Configuration that sidecars use.
    pub config: String,
}

/// `[spin]`: stock Spin in the place of this program, in the services of functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spin {
    /// `enabled`.
    pub enabled: bool,
    /// `artifact`: what `spindrift build --format spin` pushed.
    pub artifact: Option<String>,
    /// `image`: Spin's own.
    pub image: String,
}

impl Profile {
    /// Reads the profile in a file.
    ///
    /// # Errors
    ///
    /// All its mistakes, each with file, line, key and remedy.
    pub fn load(path: &Path) -> Result<Self, Diagnostics> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(path, &text),
            Err(error) => Err(Diagnostics::of_file(
                path,
                format!(
                    "can't be read: {error}; profiles are files such as knative/profiles/production.toml"
                ),
            )),
        }
    }

    /// Reads the text of a profile.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostics> {
        reading::read(path, text, |root| read::profile(root, path))
    }
}
