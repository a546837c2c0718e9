//! How a cluster is reached, in librdkafka's words.

use rdkafka::ClientConfig;
use spindrift_manifest::KafkaConnection;

/// What every client of librdkafka is given.
pub(crate) fn config(connection: &KafkaConnection) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", connection.brokers.join(","))
        .set("client.id", "spindrift")
        .set("security.protocol", connection.security_protocol.as_str())
        // A broker that is back is found soon.
        .set("reconnect.backoff.max.ms", "1000")
        .set("topic.metadata.refresh.interval.ms", "60000")
        .set("allow.auto.create.topics", "false");
    if let Some(sasl) = &connection.sasl {
        config
            .set("sasl.mechanism", sasl.mechanism.as_str())
            .set("sasl.username", &sasl.username)
            .set("sasl.password", &sasl.password);
    }
    let authorities = connection.ca_file.as_ref();
    let authorities = authorities.map(|path| path.display().to_string());
    // `probe` finds the system's certificates wherever a distribution keeps them.
    config.set("ssl.ca.location", authorities.as_deref().unwrap_or("probe"));
    config
}
