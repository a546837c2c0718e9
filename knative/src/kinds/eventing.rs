//! Sources and sinks of Knative Eventing:
//! <https://knative.dev/docs/eventing/reference/eventing-api/>.

use serde::Serialize;

use super::Kind;
use super::serving::Reference;

/// Where events go: a service, and a path of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Destination {
    #[serde(rename = "ref")]
    pub(crate) target: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uri: Option<String>,
}

/// What happens to an event that is not taken.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    pub(crate) dead_letter_sink: Option<Destination>,
    pub(crate) retry: u32,
    pub(crate) backoff_policy: &'static str,
    /// The first pause, as an ISO 8601 duration.
    pub(crate) backoff_delay: String,
}

/// A consumer group that posts what it reads.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KafkaSourceSpec {
    pub(crate) bootstrap_servers: Vec<String>,
    pub(crate) topics: Vec<String>,
    pub(crate) consumer_group: String,
    pub(crate) initial_offset: &'static str,
    pub(crate) consumers: u32,
    pub(crate) ordering: &'static str,
    pub(crate) delivery: Delivery,
    pub(crate) net: Net,
    pub(crate) sink: Destination,
}

impl Kind for KafkaSourceSpec {
    const KIND: (&'static str, &'static str) = ("sources.knative.dev/v1", "KafkaSource");
}

/// How brokers are reached.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Net {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sasl: Option<Sasl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<Tls>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sasl {
    pub(crate) enable: bool,
    pub(crate) user: FromSecret,
    pub(crate) password: FromSecret,
    #[serde(rename = "type")]
    pub(crate) mechanism: FromSecret,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tls {
    pub(crate) enable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_cert: Option<FromSecret>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FromSecret {
    pub(crate) secret_key_ref: SecretRef,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SecretRef {
    pub(crate) name: String,
    pub(crate) key: String,
}

/// A topic that can be posted to: here, one of dead letters.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KafkaSinkSpec {
    pub(crate) bootstrap_servers: Vec<String>,
    pub(crate) topic: String,
    pub(crate) content_mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth: Option<SinkAuth>,
}

impl Kind for KafkaSinkSpec {
    const KIND: (&'static str, &'static str) = ("eventing.knative.dev/v1alpha1", "KafkaSink");
}

/// A Secret with what the sink signs in by: `protocol`, `sasl.mechanism`, `user`,
/// `password`, `ca.crt`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SinkAuth {
    pub(crate) secret: SinkSecret,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SinkSecret {
    #[serde(rename = "ref")]
    pub(crate) target: NameRef,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct NameRef {
    pub(crate) name: String,
}

/// Ticks by a schedule.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PingSourceSpec {
    pub(crate) schedule: String,
    pub(crate) timezone: String,
    pub(crate) sink: Destination,
}

impl Kind for PingSourceSpec {
    const KIND: (&'static str, &'static str) = ("sources.knative.dev/v1", "PingSource");
}
