//! The tables of a profile.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use spindrift_manifest::reading::{Data, Field, choice, count, duration_in, service};
use spindrift_manifest::{Resources, Scale, ServiceSettings};

use super::backup::backup;
use super::values::{flag, label, networks, object_name, per_cent, secret, web_address};
use super::{
    Dapr, Database, Delivery, DeliveryMode, Monitoring, Network, Placement, Profile, Sidecar, Spin,
    Traces, Value, places,
};
use crate::release::Rollout;

const PLACEMENTS: [(&str, Placement); 2] = [
    ("manifest", Placement::Manifest),
    ("together", Placement::Together),
];
const DELIVERIES: [(&str, DeliveryMode); 2] = [
    ("builtin", DeliveryMode::Builtin),
    ("knative", DeliveryMode::Knative),
];
const MIB: u64 = 1 << 20;

/// Reads a profile. `None` always comes with a mistake in the report.
pub(super) fn profile(root: &Field<'_>, path: &Path) -> Option<Profile> {
    let mut fields = root.fields()?;
    let namespace = fields.require(
        "namespace",
        "add the namespace to deploy to, `namespace = \"todo\"`",
    );
    let namespace = namespace.and_then(|field| label(&field));
    let image = fields.take("image").and_then(|field| image(&field));
    let pull_secret = fields
        .take("pull_secret")
        .and_then(|field| object_name(&field));
    let placement = fields
        .take("placement")
        .and_then(|field| choice(&field, &PLACEMENTS));
    let given = fields.take("defaults").map(|field| one_service(&field));
    let services = fields.take("services").map(|field| services(&field));
    let spread = flag(&mut fields, "spread", false);
    let sidecar = fields.take("sidecar").map(|field| sidecar(&field));
    let variables = fields.take("variables").map(|field| variables(&field));
    let database = fields.take("database").map(|field| database(&field));
    let backup = fields.take("backup").and_then(|field| backup(&field));
    let delivery = fields.take("delivery").map(|field| delivery(&field));
    let kafka = places::kafka(fields.take("kafka").as_ref());
    let routing = places::routing(fields.take("routing").as_ref());
    let rollout = fields.take("release").map(|field| rollout(&field));
    let network = fields.take("network").map(|field| network(&field));
    let monitoring = fields.take("monitoring").map(|field| monitoring(&field));
    let dapr = fields.take("dapr").and_then(|field| dapr(&field));
    let spin = fields.take("spin").and_then(|field| spin(&field));
    fields.finish();
    Some(Profile {
        path: path.to_owned(),
        namespace: namespace?,
        image,
        pull_secret,
        placement: placement.unwrap_or_default(),
        defaults: given.unwrap_or_default().or(&defaults()),
        services: services.unwrap_or_default(),
        spread,
        sidecar: sidecar.unwrap_or(SIDECAR),
        variables: variables.unwrap_or_default(),
        database: database.unwrap_or_else(default_database),
        backup,
        delivery: delivery.unwrap_or_else(default_delivery),
        kafka,
        routing,
        rollout: rollout.unwrap_or_else(default_rollout),
        network: network.unwrap_or_else(default_network),
        monitoring: monitoring.unwrap_or_default(),
        dapr,
        spin: spin.unwrap_or_else(default_spin),
    })
}

/// What holds when neither the profile nor the manifest says otherwise. A function
/// needs some 20 MiB; the limit leaves room for the largest one's instances.
pub(super) fn defaults() -> ServiceSettings {
    ServiceSettings {
        scale: Scale {
            min: Some(0),
            max: Some(20),
            initial: Some(1),
            metric: None,
            target: None,
            concurrency: Some(0),
            window: None,
            down_delay: None,
            retention: None,
        },
        resources: Resources {
            cpu: Some(50),
            memory: Some(64 * MIB),
            cpu_limit: Some(1000),
            memory_limit: Some(256 * MIB),
        },
        smoke: None,
    }
}

const SIDECAR: Sidecar = Sidecar {
    cpu: 25,
    memory: 32 * MIB,
};

fn default_delivery() -> Delivery {
    Delivery {
        mode: DeliveryMode::Builtin,
        replicas: 2,
        resources: Resources {
            cpu: Some(50),
            memory: Some(64 * MIB),
            cpu_limit: Some(1000),
            memory_limit: Some(256 * MIB),
        },
    }
}

fn default_rollout() -> Rollout {
    Rollout {
        steps: vec![10, 50],
        hold: Duration::from_secs(30),
        timeout: Duration::from_secs(300),
        max_errors: 5.0,
        max_latency: None,
    }
}

fn default_network() -> Network {
    Network {
        policies: true,
        system_namespaces: ["knative-serving", "knative-eventing", "kourier-system"]
            .map(str::to_owned)
            .to_vec(),
        monitoring_namespace: "monitoring".to_owned(),
    }
}

/// A reference to an image, its tag or digest left out or not.
pub(super) fn image(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    if text.contains("://") {
        field.error("has a scheme: leave it out, as in `registry.example.com/todo`");
    } else if !text.bytes().all(|b| b.is_ascii_graphic())
        || text.bytes().any(|b| b.is_ascii_uppercase())
    {
        field.error("must be a repository in lower case, as in `registry.example.com/todo`");
    }
    Some(text.to_owned())
}

fn one_service(field: &Field<'_>) -> ServiceSettings {
    let Some(mut fields) = field.fields() else {
        return ServiceSettings::default();
    };
    let settings = service(&mut fields);
    fields.finish();
    settings
}

fn services(field: &Field<'_>) -> BTreeMap<String, ServiceSettings> {
    let entries = field.entries();
    let settings = |(name, field): &(&str, Field<'_>)| ((*name).to_owned(), one_service(field));
    entries.iter().map(settings).collect()
}

fn sidecar(field: &Field<'_>) -> Sidecar {
    let Some(mut fields) = field.fields() else {
        return SIDECAR;
    };
    let sidecar = Sidecar {
        cpu: fields
            .take("cpu_thousandths")
            .and_then(|field| count(&field, 1..=8000))
            .unwrap_or(SIDECAR.cpu),
        memory: fields
            .take("memory_mib")
            .and_then(|field| count(&field, 8..=4096))
            .map_or(SIDECAR.memory, |mib: u64| mib * MIB),
    };
    fields.finish();
    sidecar
}

fn variables(field: &Field<'_>) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for (name, field) in field.entries() {
        let value = match field.data() {
            Data::Table(_) => secret(&field).map(Value::Secret),
            Data::Integer(number) => Some(Value::Text(number.to_string())),
            Data::Boolean(value) => Some(Value::Text(value.to_string())),
            _ => field.text().map(|text| Value::Text(text.to_owned())),
        };
        if let Some(value) = value {
            values.insert(name.to_owned(), value);
        }
    }
    values
}

fn default_database() -> Database {
    Database {
        url: None,
        direct_url: None,
        owner_url: None,
        addresses: Vec::new(),
        port: 5432,
        pool_port: None,
        connections: 5,
    }
}

fn database(field: &Field<'_>) -> Database {
    let mut database = default_database();
    let Some(mut fields) = field.fields() else {
        return database;
    };
    let mut key = |name| fields.take(name).and_then(|field| secret(&field));
    database.url = key("url");
    database.direct_url = key("direct_url");
    database.owner_url = key("owner_url");
    if let Some(field) = fields.take("addresses") {
        database.addresses = networks(&field);
    }
    if let Some(port) = fields
        .take("port")
        .and_then(|field| count(&field, 1..=65535))
    {
        database.port = port;
    }
    database.pool_port = fields
        .take("pool_port")
        .and_then(|field| count(&field, 1..=65535));
    let connections = fields
        .take("connections")
        .and_then(|field| count(&field, 1..=100));
    database.connections = connections.unwrap_or(database.connections);
    fields.finish();
    database
}

fn delivery(field: &Field<'_>) -> Delivery {
    let mut delivery = default_delivery();
    let Some(mut fields) = field.fields() else {
        return delivery;
    };
    if let Some(mode) = fields
        .take("mode")
        .and_then(|field| choice(&field, &DELIVERIES))
    {
        delivery.mode = mode;
    }
    if let Some(replicas) = fields
        .take("replicas")
        .and_then(|field| count(&field, 1..=5))
    {
        delivery.replicas = replicas;
    }
    let given = service(&mut fields);
    let whole = ServiceSettings {
        resources: delivery.resources,
        ..ServiceSettings::default()
    };
    if given.scale != Scale::default() || given.smoke.is_some() {
        field.error("has `scale` or `smoke`: the relay has `replicas` alone");
    }
    delivery.resources = given.or(&whole).resources;
    fields.finish();
    delivery
}

fn rollout(field: &Field<'_>) -> Rollout {
    let mut rollout = default_rollout();
    let Some(mut fields) = field.fields() else {
        return rollout;
    };
    if let Some(field) = fields.take("steps") {
        let elements = field.elements();
        rollout.steps = elements
            .iter()
            .filter_map(|field| count(field, 1..=99))
            .collect();
        if !rollout.steps.is_sorted_by(|a, b| a < b) {
            field.error("must rise: write `[10, 50]`, say; 100 follows by itself");
        }
    }
    let mut time = |key, least, most, range| {
        let allowed = Duration::from_secs(least)..=Duration::from_secs(most);
        duration_in(&fields.take(key)?, allowed, range)
    };
    let (hold, timeout) = (
        time("hold", 0, 3600, "0s to 1h"),
        time("timeout", 10, 3600, "10s to 1h"),
    );
    rollout.max_latency = time("max_latency", 0, 600, "0s to 10m");
    rollout.hold = hold.unwrap_or(rollout.hold);
    rollout.timeout = timeout.unwrap_or(rollout.timeout);
    if let Some(share) = fields.take("max_errors").and_then(|field| per_cent(&field)) {
        rollout.max_errors = share;
    }
    fields.finish();
    rollout
}

fn network(field: &Field<'_>) -> Network {
    let mut network = default_network();
    let Some(mut fields) = field.fields() else {
        return network;
    };
    network.policies = flag(&mut fields, "policies", network.policies);
    if let Some(field) = fields.take("system_namespaces") {
        network.system_namespaces = field.elements().iter().filter_map(label).collect();
    }
    if let Some(name) = fields
        .take("monitoring_namespace")
        .and_then(|field| label(&field))
    {
        network.monitoring_namespace = name;
    }
    fields.finish();
    network
}

fn monitoring(field: &Field<'_>) -> Monitoring {
    let Some(mut fields) = field.fields() else {
        return Monitoring::default();
    };
    let pod_monitor = flag(&mut fields, "pod_monitor", false);
    let endpoint = fields
        .take("traces")
        .and_then(|field| web_address(&field, "http://collector.monitoring:4318"));
    let percent = fields.take("traces_percent");
    if let (Some(percent), None) = (&percent, &endpoint) {
        percent.error("is of use with `traces` alone: the address of a collector");
    }
    let percent = percent.and_then(|field| per_cent(&field)).unwrap_or(100.0);
    fields.finish();
    Monitoring {
        pod_monitor,
        traces: endpoint.map(|endpoint| Traces { endpoint, percent }),
    }
}

/// The image that the project publishes.
const SPIN: &str = "ghcr.io/spinframework/spin:v4.1.0";

fn default_spin() -> Spin {
    Spin {
        enabled: false,
        artifact: None,
        image: SPIN.to_owned(),
    }
}

fn spin(field: &Field<'_>) -> Option<Spin> {
    let mut fields = field.fields()?;
    let enabled = flag(&mut fields, "enabled", false);
    let artifact = fields.take("artifact").and_then(|field| image(&field));
    let own = fields.take("image").and_then(|field| image(&field));
    fields.finish();
    Some(Spin {
        enabled,
        artifact,
        image: own.unwrap_or_else(|| SPIN.to_owned()),
    })
}

fn dapr(field: &Field<'_>) -> Option<Dapr> {
    let mut fields = field.fields()?;
    let enabled = flag(&mut fields, "enabled", false);
    let config = fields.take("config").and_then(|field| object_name(&field));
    fields.finish();
    enabled.then(|| Dapr {
        config: config.unwrap_or_else(|| "daprsystem".to_owned()),
    })
}
