//! `[application.trigger.kafka]`: read from the manifest, and once more when the
//! variables have their values.

use std::collections::BTreeMap;

use super::choice::chosen;
use super::template;
use crate::app::Variable;
use crate::fields::Field;
use crate::kafka::{KafkaSettings, SaslMechanism, SecurityProtocol};
use crate::names::is_topic_byte;
use crate::template::Template;

/// Leaves most of the 249 characters of a topic's name.
const LONGEST_PREFIX: usize = 64;

pub(super) fn read(field: &Field<'_>, variables: &BTreeMap<String, Variable>) -> KafkaSettings {
    let Some(mut fields) = field.fields() else {
        return KafkaSettings::default();
    };
    let mut read = |key, check: fn(&str) -> Result<(), String>| {
        let field = fields.take(key)?;
        let template = template(&field, variables)?;
        if template.is_literal()
            && let Err(message) = check(template.as_str())
        {
            field.error(message);
        }
        Some(template)
    };
    let settings = KafkaSettings {
        brokers: read("brokers", |text| brokers(text).map(drop)).unwrap_or_default(),
        security_protocol: read("security_protocol", |text| protocol(text).map(drop)),
        sasl_mechanism: read("sasl_mechanism", |text| mechanism(text).map(drop)),
        username: read("username", |_| Ok(())),
        password: read("password", |_| Ok(())),
        ca_file: read("ca_file", |_| Ok(())),
        topic_prefix: read("topic_prefix", |text| prefix(text).map(drop)),
    };
    fields.finish();
    check_together(field, &settings);
    settings
}

/// Checks what one setting wants of the others, where the protocol is known already.
fn check_together(field: &Field<'_>, settings: &KafkaSettings) {
    let protocol = match &settings.security_protocol {
        None => SecurityProtocol::Plaintext,
        Some(template) if template.is_literal() => match protocol(template.as_str()) {
            Ok(protocol) => protocol,
            Err(_) => return,
        },
        Some(_) => return,
    };
    for (key, template) in settings.sasl() {
        if protocol.has_sasl() && template.is_none() {
            field.error(missing(key, protocol));
        } else if !protocol.has_sasl() && template.is_some() {
            field.error(format!(
                "has a `{key}`, which `{}` does not use: write `security_protocol = \
                 \"sasl_ssl\"`, or remove it",
                protocol.as_str()
            ));
        }
    }
    if settings.ca_file.is_some() && !protocol.has_tls() {
        field.error(format!(
            "has a `ca_file`, which `{}` does not use: write `security_protocol = \"ssl\"` or \
             `\"sasl_ssl\"`, or remove it",
            protocol.as_str()
        ));
    }
}

impl KafkaSettings {
    /// What SASL wants, by its keys.
    pub(crate) fn sasl(&self) -> [(&'static str, Option<&Template>); 3] {
        [
            ("sasl_mechanism", self.sasl_mechanism.as_ref()),
            ("username", self.username.as_ref()),
            ("password", self.password.as_ref()),
        ]
    }
}

/// What to say of a key that this protocol wants.
pub(crate) fn missing(key: &str, protocol: SecurityProtocol) -> String {
    let example = match key {
        "sasl_mechanism" => "SCRAM-SHA-512".to_owned(),
        _ => format!("{{{{ kafka_{key} }}}}"),
    };
    format!(
        "`{key}` is missing, which `{}` wants: add `{key} = \"{example}\"`, say",
        protocol.as_str()
    )
}

/// The brokers of a list; none for an empty one.
pub(crate) fn brokers(text: &str) -> Result<Vec<String>, String> {
    let list: Vec<&str> = match text.trim() {
        "" => Vec::new(),
        text => text.split(',').map(str::trim).collect(),
    };
    if list.iter().all(|one| is_broker(one)) {
        Ok(list.into_iter().map(str::to_owned).collect())
    } else {
        Err(
            "must be `host:port`, several separated by commas: write `localhost:9092`, say"
                .to_owned(),
        )
    }
}

/// `host:port`, or `host` for the usual port; an IPv6 address in brackets.
fn is_broker(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let host = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(fits),
    };
    host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// What may stand before the name of a topic.
pub(crate) fn prefix(text: &str) -> Result<String, String> {
    if text.len() <= LONGEST_PREFIX && text.bytes().all(is_topic_byte) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "must be letters, digits, `-`, `_` and `.`, {LONGEST_PREFIX} at most: write `staging-`, say"
        ))
    }
}

pub(crate) fn protocol(text: &str) -> Result<SecurityProtocol, String> {
    chosen(text, &SecurityProtocol::WORDS)
}

pub(crate) fn mechanism(text: &str) -> Result<SaslMechanism, String> {
    chosen(text, &SaslMechanism::WORDS)
}
