//! What the sidecars of Dapr offer to functions: the brokers, for publishing and
//! subscribing. Events come to their handlers without it.

use spindrift_manifest::KafkaConnection;

use super::meta::meta;
use super::push;
use crate::kinds::dapr::{Component, ComponentSpec, Setting, SettingValue};
use crate::object::{Object, Stage};
use crate::plan::{Plan, Role, kafka_secret};
use crate::release::SecretKey;

/// The component's name, by which functions speak of the brokers.
const PUBSUB: &str = "pubsub";

/// The component, where there are sidecars and brokers.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    let (Some(_), Some(connection)) = (&plan.profile.dapr, &plan.kafka) else {
        return;
    };
    let functions = plan.services.iter();
    let functions = functions.filter(|service| service.role != Role::Edge);
    let (api_version, kind) = Component::KIND;
    let component = Component {
        api_version,
        kind,
        metadata: meta(plan, PUBSUB),
        spec: ComponentSpec {
            kind: "pubsub.kafka",
            version: "v1",
            metadata: settings(plan, connection),
        },
        scopes: functions.map(|service| plan.name(&service.name)).collect(),
    };
    push(objects, Stage::Ground, component);
}

/// <https://docs.dapr.io/reference/components-reference/supported-pubsub/setup-apache-kafka/>
fn settings(plan: &Plan<'_>, connection: &KafkaConnection) -> Vec<Setting> {
    let (profile, own) = (plan.profile, &plan.app.kafka_settings);
    let tls = connection.security_protocol.has_tls();
    let mut settings = vec![
        text("brokers", connection.brokers.join(",")),
        text("disableTls", (!tls).to_string()),
        text("initialOffset", "oldest".to_owned()),
    ];
    let secrets = [
        ("saslUsername", &own.username),
        ("saslPassword", &own.password),
    ];
    let secrets = secrets.map(|(name, template)| {
        let key = kafka_secret(profile, template.as_ref())?;
        Some(secret(name, key))
    });
    match &connection.sasl {
        None => settings.push(text("authType", "none".to_owned())),
        Some(sasl) => {
            settings.push(text("authType", "password".to_owned()));
            // Dapr leaves out what Kafka's names begin with.
            let mechanism = sasl.mechanism.as_str().replace("SCRAM-", "");
            settings.push(text("saslMechanism", mechanism));
            settings.extend(secrets.into_iter().flatten());
        }
    }
    let ca = profile.kafka.ca.iter().filter(|_| tls);
    settings.extend(ca.map(|key| secret("caCert", key)));
    settings
}

fn text(name: &'static str, value: String) -> Setting {
    Setting {
        name,
        value: SettingValue::Value(value),
    }
}

fn secret(name: &'static str, key: &SecretKey) -> Setting {
    Setting {
        name,
        value: SettingValue::SecretKeyRef {
            name: key.secret.clone(),
            key: key.key.clone(),
        },
    }
}
