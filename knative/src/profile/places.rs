//! The tables about what is around the application: brokers and gateways.

use spindrift_manifest::reading::{Field, Fields, choice, count};

use super::values::{flag, host, label, networks, object_name, secret};
use super::{Kafka, Place, Routing, RoutingMode, Topics};

const TOPICS: [(&str, Topics); 2] = [("list", Topics::List), ("strimzi", Topics::Strimzi)];
const ROUTINGS: [(&str, RoutingMode); 3] = [
    ("edge", RoutingMode::Edge),
    ("gateway", RoutingMode::Gateway),
    ("none", RoutingMode::None),
];

/// `[kafka]`.
pub(super) fn kafka(field: Option<&Field<'_>>) -> Kafka {
    let mut kafka = Kafka {
        topics: Topics::List,
        cluster: "kafka".to_owned(),
        cluster_namespace: "kafka".to_owned(),
        partitions: 12,
        replication: 3,
        min_insync: 2,
        retention_hours: 168,
        consumers: 1,
        max_consumers: 0,
        ca: None,
        addresses: Vec::new(),
    };
    let Some(mut fields) = field.and_then(Field::fields) else {
        return kafka;
    };
    if let Some(topics) = fields
        .take("topics")
        .and_then(|field| choice(&field, &TOPICS))
    {
        kafka.topics = topics;
    }
    name(&mut fields, "cluster", &mut kafka.cluster);
    name(
        &mut fields,
        "cluster_namespace",
        &mut kafka.cluster_namespace,
    );
    number(&mut fields, "partitions", 1..=1000, &mut kafka.partitions);
    number(&mut fields, "replication", 1..=9, &mut kafka.replication);
    number(&mut fields, "min_insync", 1..=9, &mut kafka.min_insync);
    number(
        &mut fields,
        "retention_hours",
        1..=8760,
        &mut kafka.retention_hours,
    );
    number(&mut fields, "consumers", 1..=1000, &mut kafka.consumers);
    number(
        &mut fields,
        "max_consumers",
        0..=1000,
        &mut kafka.max_consumers,
    );
    kafka.ca = fields.take("ca").and_then(|field| secret(&field));
    kafka.addresses = fields
        .take("addresses")
        .map(|field| networks(&field))
        .unwrap_or_default();
    fields.finish();
    if let Some(field) = field.filter(|_| kafka.min_insync > kafka.replication) {
        field.error(format!(
            "`min_insync`, {}, is more than `replication`, {}: nothing could ever be written",
            kafka.min_insync, kafka.replication
        ));
    }
    kafka
}

fn number(
    fields: &mut Fields<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<u32>,
    value: &mut u32,
) {
    if let Some(number) = fields.take(key).and_then(|field| count(&field, range)) {
        *value = number;
    }
}

fn name(fields: &mut Fields<'_>, key: &'static str, value: &mut String) {
    if let Some(name) = fields.take(key).and_then(|field| label(&field)) {
        *value = name;
    }
}

/// `[routing]`.
pub(super) fn routing(field: Option<&Field<'_>>) -> Routing {
    let place = |name: &str, namespace: &str| Place {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    };
    let mut routing = Routing {
        mode: RoutingMode::Edge,
        host: None,
        gateway: place("public", "gateways"),
        internal: place("kourier-internal", "kourier-system"),
        internal_port: 80,
        tls_secret: None,
        issuer: None,
        redirect: true,
    };
    let Some(mut fields) = field.and_then(Field::fields) else {
        return routing;
    };
    if let Some(mode) = fields
        .take("mode")
        .and_then(|field| choice(&field, &ROUTINGS))
    {
        routing.mode = mode;
    }
    routing.host = fields.take("host").and_then(|field| host(&field));
    name(&mut fields, "gateway", &mut routing.gateway.name);
    name(
        &mut fields,
        "gateway_namespace",
        &mut routing.gateway.namespace,
    );
    name(&mut fields, "internal", &mut routing.internal.name);
    name(
        &mut fields,
        "internal_namespace",
        &mut routing.internal.namespace,
    );
    if let Some(port) = fields
        .take("internal_port")
        .and_then(|field| count(&field, 1..=65535))
    {
        routing.internal_port = port;
    }
    routing.tls_secret = fields
        .take("tls_secret")
        .and_then(|field| object_name(&field));
    routing.issuer = fields.take("issuer").and_then(|field| object_name(&field));
    routing.redirect = flag(&mut fields, "redirect", true);
    fields.finish();
    if let Some(field) = field {
        check(field, &routing);
    }
    routing
}

fn check(field: &Field<'_>, routing: &Routing) {
    if routing.mode == RoutingMode::Gateway && routing.host.is_none() {
        field.error("`mode = \"gateway\"` needs `host`: the name that the routes are for");
    }
    if routing.issuer.is_some() && routing.tls_secret.is_none() {
        field.error("`issuer` needs `tls_secret`: the Secret that the certificate goes into");
    }
    if routing.tls_secret.is_some() && routing.host.is_none() {
        field.error("`tls_secret` needs `host`: the name that the certificate is for");
    }
}
