//! What every key of a profile means: the page `docs/profiles.md` is made of this, and
//! a test holds it to what is read.

use std::fmt::Write;

use super::backup_keys::BACKUP;
use super::service_keys::SERVICE;

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its path; `NAME` stands for a name that the author chooses.
    pub path: &'static str,
    /// What may be written.
    pub form: &'static str,
    /// What holds when it is absent.
    pub default: &'static str,
    /// What it does, and why the default is what it is.
    pub meaning: &'static str,
}

pub(super) const fn key(
    path: &'static str,
    form: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        path,
        form,
        default,
        meaning,
    }
}

/// The keys that are a profile's alone, in the order of the page.
const ALONE: &[Key] = &[
    key(
        "namespace",
        "a name",
        "required",
        "The namespace of everything that is deployed.",
    ),
    key(
        "image",
        "a repository",
        "`--image`",
        "The image that every pod runs. By digest, it is what was tested; `--image` goes before it.",
    ),
    key(
        "pull_secret",
        "the name of a Secret",
        "none",
        "By which the image is pulled.",
    ),
    key(
        "placement",
        "`\"manifest\"`, `\"together\"`",
        "`\"manifest\"`",
        "Which functions share a service: as the manifest says, one each where it says nothing; or two services, one for routes and one for events and ticks, where a node is small.",
    ),
    key(
        "spread",
        "true or false",
        "`false`",
        "Have pods of a service on different nodes and in different zones. Knative allows it when its flag `kubernetes.podspec-topologyspreadconstraints` is on.",
    ),
    key(
        "sidecar.cpu_thousandths",
        "1 to 8000",
        "`25`",
        "Thousandths of a processor that are kept for Knative's proxy in each pod.",
    ),
    key(
        "sidecar.memory_mib",
        "8 to 4096",
        "`32`",
        "MiB that are kept for it.",
    ),
    key(
        "variables",
        "a table",
        "none",
        "Values of the application's variables: a text, or `{ secret = \"name\", key = \"key\" }`. What the manifest calls secret has to be in a Secret. A pod gets the variables of its own functions only.",
    ),
    key(
        "database.url",
        "`{ secret, key }`",
        "none",
        "The database's URL, for functions and the relay, where `variables` gives them no URL of their own.",
    ),
    key(
        "database.direct_url",
        "`{ secret, key }`",
        "`database.url`",
        "The same server without a transaction pooler in front: the relay needs sessions.",
    ),
    key(
        "database.owner_url",
        "`{ secret, key }`",
        "`database.direct_url`",
        "As the owner of the schema, for migrations alone.",
    ),
    key(
        "database.addresses",
        "networks",
        "any",
        "Where the server is, for the network policies: `[\"10.120.0.0/16\"]`.",
    ),
    key("database.port", "a port", "`5432`", "And its port."),
    key(
        "database.pool_port",
        "a port",
        "`database.port`",
        "That of a pooler in front of it, where it is another: of DigitalOcean's it is 25061.",
    ),
    key(
        "database.connections",
        "1 to 100",
        "`5`",
        "Connections that a pod may hold by each URL: pods times this is what the server has to take.",
    ),
    key(
        "delivery.mode",
        "`\"builtin\"`, `\"knative\"`",
        "`\"builtin\"`",
        "What brings events and ticks to functions: the relay by itself, or KafkaSource and PingSource of Knative Eventing. The relay does with less, and works without Kafka.",
    ),
    key(
        "delivery.replicas",
        "1 to 5",
        "`2`",
        "Relays. One works, and another takes over within seconds.",
    ),
    key(
        "delivery.resources",
        "as of a service",
        "50m, 64Mi, 1000m, 256Mi",
        "What a relay asks for and may use.",
    ),
    key(
        "kafka.topics",
        "`\"list\"`, `\"strimzi\"`",
        "`\"list\"`",
        "Who makes topics: somebody else, for whom `spindrift render` lists them; or Strimzi, by KafkaTopics.",
    ),
    key(
        "kafka.cluster",
        "a name",
        "`\"kafka\"`",
        "Strimzi's Kafka resource.",
    ),
    key(
        "kafka.cluster_namespace",
        "a name",
        "`\"kafka\"`",
        "Where it is.",
    ),
    key(
        "kafka.partitions",
        "1 to 1000",
        "`12`",
        "Partitions of a topic: events of so many people at most are handled at once by one handler.",
    ),
    key("kafka.replication", "1 to 9", "`3`", "Copies of a topic."),
    key(
        "kafka.min_insync",
        "1 to 9",
        "`2`",
        "Copies that have a record before it is acknowledged: with 3 and 2, a broker may be gone.",
    ),
    key(
        "kafka.retention_hours",
        "1 to 8760",
        "`168`",
        "How long records are kept; dead letters four times as long, which is less than what the inbox remembers.",
    ),
    key(
        "kafka.consumers",
        "1 to 1000",
        "`1`",
        "Consumers of a KafkaSource, at most one for each partition.",
    ),
    key(
        "kafka.max_consumers",
        "0 to 1000",
        "`0`",
        "With KEDA, consumers are added up to so many; 0 leaves KEDA out.",
    ),
    key(
        "kafka.ca",
        "`{ secret, key }`",
        "the public ones",
        "Certificates to trust, for KafkaSource and KafkaSink.",
    ),
    key(
        "kafka.addresses",
        "networks",
        "any",
        "Where the brokers are, for the network policies.",
    ),
    key(
        "routing.mode",
        "`\"edge\"`, `\"gateway\"`, `\"none\"`",
        "`\"edge\"`",
        "How requests from outside get to the services: by a service that forwards them by the manifest's routes, which works everywhere; by HTTPRoutes of the Gateway API, which spares a hop; or each service by its own name.",
    ),
    key(
        "routing.host",
        "a name",
        "none",
        "The site's name. Without one, the edge has the name that Knative gives it.",
    ),
    key(
        "routing.gateway",
        "a name",
        "`\"public\"`",
        "The Gateway that the name leads to.",
    ),
    key(
        "routing.gateway_namespace",
        "a name",
        "`\"gateways\"`",
        "Where it is.",
    ),
    key(
        "routing.internal",
        "a name",
        "`\"kourier-internal\"`",
        "The Service of Knative's own gateway inside of the cluster: behind it, a function at zero still wakes.",
    ),
    key(
        "routing.internal_namespace",
        "a name",
        "`\"kourier-system\"`",
        "Where it is.",
    ),
    key("routing.internal_port", "a port", "`80`", "And its port."),
    key(
        "routing.tls_secret",
        "the name of a Secret",
        "Knative's own TLS",
        "The host's certificate, for the edge. A Gateway has its own.",
    ),
    key(
        "routing.issuer",
        "a ClusterIssuer",
        "none",
        "Who fills that Secret: cert-manager.",
    ),
    key(
        "routing.redirect",
        "true or false",
        "`true`",
        "Lead plain HTTP to HTTPS, where there is a certificate.",
    ),
    key(
        "release.steps",
        "rising per cents",
        "`[10, 50]`",
        "Shares of the traffic that a new release gets, one after another. 100 follows by itself; `[]` is all at once.",
    ),
    key(
        "release.hold",
        "a time up to 1h",
        "`\"30s\"`",
        "How long each step is watched.",
    ),
    key(
        "release.timeout",
        "a time from 10s to 1h",
        "`\"5m\"`",
        "How long migrations, a start, a step of the relay may take.",
    ),
    key(
        "release.max_errors",
        "per cent",
        "`5`",
        "The share of answers of 5xx over which a release is taken back.",
    ),
    key(
        "release.max_latency",
        "a time up to 10m",
        "not watched",
        "The 99th percentile of a request's duration over which a release is taken back.",
    ),
    key(
        "network.policies",
        "true or false",
        "`true`",
        "Write NetworkPolicies: a pod reaches what its functions declare, and is reached by Knative alone.",
    ),
    key(
        "network.system_namespaces",
        "names",
        "`[\"knative-serving\", \"knative-eventing\", \"kourier-system\"]`",
        "Where Knative and its gateway run.",
    ),
    key(
        "network.monitoring_namespace",
        "a name",
        "`\"monitoring\"`",
        "From where metrics are read.",
    ),
    key(
        "monitoring.pod_monitor",
        "true or false",
        "`false`",
        "Write a PodMonitor, by which the Prometheus operator finds the pods.",
    ),
    key(
        "monitoring.traces",
        "a URL of http or https",
        "not sent",
        "The collector that spans go to, by OpenTelemetry's OTLP over HTTP: from a request over the \
         outbox and the brokers to the handlers and what they ask of the database.",
    ),
    key(
        "monitoring.traces_percent",
        "per cent",
        "`100`",
        "How many of the traces that begin here are recorded. One that came with a request is recorded \
         if its caller says so.",
    ),
    key(
        "dapr.enabled",
        "true or false",
        "`false`",
        "Give pods the sidecar of Dapr, for who runs it, and the brokers as its component `APP-pubsub`. \
         Nothing here needs it.",
    ),
    key(
        "dapr.config",
        "a name",
        "`\"daprsystem\"`",
        "The Configuration that sidecars use.",
    ),
    key(
        "spin.enabled",
        "true or false",
        "`false`",
        "Have stock Spin run the functions, for who wants to compare or to leave: the edge, the \
         relay and migrations stay this program's. `--runtime` says it for one command.",
    ),
    key(
        "spin.artifact",
        "a reference",
        "none",
        "What `spindrift build --format spin` pushed. Spin pulls it at each start.",
    ),
    key(
        "spin.image",
        "a reference",
        "`\"ghcr.io/spinframework/spin:v4.1.0\"`",
        "Spin's own image.",
    ),
];

/// Every key of a profile.
pub const KEYS: &[&[Key]] = &[ALONE, BACKUP, SERVICE];

/// The page that describes all keys, in Markdown.
pub fn reference() -> String {
    let mut page = String::from(
        "# Profiles\n\n\
         A profile is one environment: a file such as `knative/profiles/production.toml`. \
         `spindrift render --profile production` shows what it makes of the application. This page \
         is made from the code: `spindrift render --reference`.\n\n",
    );
    table(&mut page, ALONE);
    page.push_str(
        "\n## Backups\n\n\
         With a table `[backup]`, a CronJob makes a backup each day: PostgreSQL's own `pg_dump` \
         writes it, `spindrift backup create` encrypts it and sends it to a bucket, and removes \
         what is old. How one comes back is in \
         [disaster recovery](runbooks/disaster-recovery.md#from-a-copy-of-your-own).\n\n",
    );
    table(&mut page, BACKUP);
    page.push_str(
        "\n## Services\n\n\
         A service is what Knative scales. These keys stand in a profile under `[defaults]` and \
         `[services.NAME]`, and in `spin.toml` under `[application.tool.spindrift.services.NAME]`, or \
         under `[component.ID.tool.spindrift]` for a component that has a service to itself. \
         `service = \"NAME\"` there places a component in a service with others. What a profile says of \
         a service goes before the manifest, and the manifest before `[defaults]`. `edge` is the \
         service that forwards requests.\n\n",
    );
    table(&mut page, SERVICE);
    page
}

fn table(page: &mut String, keys: &[Key]) {
    page.push_str(
        "| key | what may be written | when it is absent | meaning |\n|---|---|---|---|\n",
    );
    for key in keys {
        // Writing to a String does not fail.
        _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            key.path, key.form, key.default, key.meaning
        );
    }
}
