//! What brings events and ticks: the relay, and in Knative's delivery its sources.

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{
    Container, HTTPGetAction, KeyToPath, PodTemplateSpec, Probe, SecretVolumeSource, Volume,
    VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use spindrift_manifest::{CronTrigger, InitialOffset, KafkaConnection, KafkaTrigger};

use super::meta::{matching, meta, pod_labels, selector};
use super::pod::{ADMIN_PORT, container, pod, spread, text};
use super::services::placement;
use super::{push, topics};
use crate::kinds::Kind;
use crate::kinds::eventing::{
    Delivery, Destination, FromSecret, KafkaSinkSpec, KafkaSourceSpec, NameRef, Net,
    PingSourceSpec, Sasl, SecretRef, SinkAuth, SinkSecret, Tls,
};
use crate::kinds::serving::Reference;
use crate::object::{Object, Stage};
use crate::plan::{Env, Plan, kafka_secret, schedule};
use crate::profile::DeliveryMode;
use crate::release::SecretKey;

/// The relay's name.
pub(super) const RELAY: &str = "relay";

/// The volume with the certificates that brokers are checked by, and where it is.
const CA: &str = "kafka-ca";
const CA_FOLDER: &str = "/etc/kafka";
const CA_FILE: &str = "ca.crt";

/// All of delivery.
pub(super) fn add(plan: &Plan<'_>, release: &str, objects: &mut Vec<Object>) {
    let knative = plan.profile.delivery.mode == DeliveryMode::Knative;
    if let Some(env) = plan.relay.as_ref().filter(|_| relays(plan)) {
        push(objects, Stage::Delivery, relay(plan, release, env));
    }
    if !knative {
        return;
    }
    if let Some(connection) = &plan.kafka {
        for topic in topics::dead_letters(plan, connection) {
            push(objects, Stage::Delivery, sink(plan, connection, &topic));
        }
        for trigger in &plan.app.kafka {
            push(objects, Stage::Delivery, source(plan, connection, trigger));
        }
    }
    for job in &plan.app.cron {
        push(objects, Stage::Delivery, ping(plan, job));
    }
}

/// Whether there is work for a relay: an outbox to publish, or events and ticks to
/// deliver by itself.
pub(super) fn relays(plan: &Plan<'_>) -> bool {
    match plan.profile.delivery.mode {
        DeliveryMode::Knative => plan.kafka.is_some(),
        DeliveryMode::Builtin => plan.kafka.is_some() || !plan.called.is_empty(),
    }
}

/// Two, of which one works: the other takes over when its lock is free.
fn relay(plan: &Plan<'_>, release: &str, env: &[Env]) -> Deployment {
    let mut args = vec!["relay".to_owned()];
    if plan.profile.delivery.mode == DeliveryMode::Builtin {
        let to = plan.local_host("{service}");
        args.extend(["--deliver".to_owned(), format!("http://{to}")]);
        args.extend(placement(&plan.called));
    }
    let resources = &plan.profile.delivery.resources;
    let mut container = container(plan, (RELAY, RELAY), args, env, resources);
    probe(&mut container);
    let ca = authorities(plan);
    if ca.is_some() {
        trust(&mut container);
    }
    let mut spec = pod(plan, container);
    spec.volumes = ca.map(|volume| vec![volume]);
    spec.topology_spread_constraints = Some(spread(plan, RELAY));
    Deployment {
        metadata: meta(plan, RELAY),
        spec: Some(DeploymentSpec {
            replicas: Some(plan.profile.delivery.replicas.cast_signed()),
            selector: matching(selector(plan, RELAY)),
            progress_deadline_seconds: Some(plan.profile.rollout.timeout.as_secs() as i32),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::Int(1)),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(pod_labels(plan, RELAY, release)),
                    ..ObjectMeta::default()
                }),
                spec: Some(spec),
            },
            ..DeploymentSpec::default()
        }),
        status: None,
    }
}

/// What the brokers' certificates are checked by, where the profile names it.
fn authorities(plan: &Plan<'_>) -> Option<Volume> {
    let key = plan.profile.kafka.ca.as_ref()?;
    let connection = plan.kafka.as_ref()?;
    connection.security_protocol.has_tls().then(|| Volume {
        name: CA.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(key.secret.clone()),
            items: Some(vec![KeyToPath {
                key: key.key.clone(),
                path: CA_FILE.to_owned(),
                mode: None,
            }]),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    })
}

fn trust(container: &mut Container) {
    container.volume_mounts = Some(vec![VolumeMount {
        name: CA.to_owned(),
        mount_path: CA_FOLDER.to_owned(),
        read_only: Some(true),
        ..VolumeMount::default()
    }]);
    let file = text("KAFKA_CA_FILE", format!("{CA_FOLDER}/{CA_FILE}"));
    container.env.get_or_insert_default().push(file);
}

fn probe(container: &mut Container) {
    let at = |path: &str, period| Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::Int(i32::from(ADMIN_PORT)),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period),
        ..Probe::default()
    };
    container.readiness_probe = Some(at("/readyz", 2));
    container.liveness_probe = Some(at("/livez", 10));
}

fn destination(plan: &Plan<'_>, component: &str) -> Destination {
    Destination {
        target: Reference::service(plan.name(&plan.called[component])),
        // Resolved against the service's address.
        uri: Some(format!("/_events/{component}")),
    }
}

fn source(
    plan: &Plan<'_>,
    connection: &KafkaConnection,
    trigger: &KafkaTrigger,
) -> impl serde::Serialize + use<> {
    let kafka = &plan.profile.kafka;
    let named = connection.topics(trigger);
    let letters = named
        .first()
        .map(|topic| sink_name(plan, &topic.dead_letter_topic));
    let mut metadata = meta(plan, &trigger.id.replace('_', "-").to_ascii_lowercase());
    if kafka.max_consumers > 0 {
        let values = [
            ("class", "keda.autoscaling.knative.dev".to_owned()),
            ("minScale", kafka.consumers.to_string()),
            ("maxScale", kafka.max_consumers.to_string()),
        ];
        let values = values.map(|(name, value)| (format!("autoscaling.knative.dev/{name}"), value));
        metadata.annotations = Some(values.into());
    }
    KafkaSourceSpec {
        bootstrap_servers: connection.brokers.clone(),
        topics: named.iter().map(|topic| topic.name.clone()).collect(),
        consumer_group: connection.name(&trigger.group),
        initial_offset: match trigger.initial_offset {
            InitialOffset::Earliest => "earliest",
            InitialOffset::Latest => "latest",
        },
        consumers: kafka.consumers.min(kafka.partitions),
        ordering: "ordered",
        delivery: Delivery {
            dead_letter_sink: letters.map(|name| Destination {
                target: Reference {
                    api_version: KafkaSinkSpec::KIND.0,
                    kind: KafkaSinkSpec::KIND.1,
                    name,
                },
                uri: None,
            }),
            retry: trigger.retry.retries,
            backoff_policy: "exponential",
            backoff_delay: format!("PT{}S", trigger.retry.first.as_secs_f64()),
        },
        net: net(plan, connection),
        sink: destination(plan, &trigger.component),
    }
    .object(metadata)
}

fn net(plan: &Plan<'_>, connection: &KafkaConnection) -> Net {
    let settings = &plan.app.kafka_settings;
    let [user, password, mechanism] = [
        &settings.username,
        &settings.password,
        &settings.sasl_mechanism,
    ]
    .map(|template| {
        let key = kafka_secret(plan.profile, template.as_ref());
        key.map(from_secret)
    });
    let sasl = connection.sasl.is_some().then_some(());
    Net {
        sasl: sasl
            .and(user)
            .zip(password)
            .zip(mechanism)
            .map(|((user, password), mechanism)| Sasl {
                enable: true,
                user,
                password,
                mechanism,
            }),
        tls: connection.security_protocol.has_tls().then(|| Tls {
            enable: true,
            ca_cert: plan.profile.kafka.ca.as_ref().map(from_secret),
        }),
    }
}

fn from_secret(key: &SecretKey) -> FromSecret {
    FromSecret {
        secret_key_ref: SecretRef {
            name: key.secret.clone(),
            key: key.key.clone(),
        },
    }
}

/// Topics have dots, and so may names of objects.
fn sink_name(plan: &Plan<'_>, topic: &str) -> String {
    plan.name(&topic.to_ascii_lowercase().replace('_', "-"))
}

fn sink(
    plan: &Plan<'_>,
    connection: &KafkaConnection,
    topic: &str,
) -> impl serde::Serialize + use<> {
    let name = sink_name(plan, topic);
    let metadata = super::meta::named(plan, name, "dead-letters");
    // Sinks read one Secret with all that it takes; it is the one with the password.
    let password = kafka_secret(plan.profile, plan.app.kafka_settings.password.as_ref());
    KafkaSinkSpec {
        bootstrap_servers: connection.brokers.clone(),
        topic: topic.to_owned(),
        content_mode: "binary",
        auth: password
            .filter(|_| connection.sasl.is_some())
            .map(|key| SinkAuth {
                secret: SinkSecret {
                    target: NameRef {
                        name: key.secret.clone(),
                    },
                },
            }),
    }
    .object(metadata)
}

fn ping(plan: &Plan<'_>, job: &CronTrigger) -> impl serde::Serialize + use<> {
    let of = job.name.to_ascii_lowercase().replace(['_', '.'], "-");
    PingSourceSpec {
        // Checked when the plan was made.
        schedule: schedule(job).unwrap_or_default(),
        timezone: job.time_zone.name().to_owned(),
        sink: destination(plan, &job.component),
    }
    .object(meta(plan, &of))
}
