//! What processes are told: the values of the variables that they use, and no others.

use std::collections::{BTreeMap, BTreeSet};

use spindrift_manifest::{App, KafkaConnection, KafkaSettings, Template};

use super::Mistakes;
use crate::profile::{Profile, Value};
use crate::release::SecretKey;

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Env {
    pub(crate) name: String,
    pub(crate) source: Source,
}

/// Where its value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Text(String),
    Secret(SecretKey),
}

/// What a backup's two containers are told.
pub(crate) struct Backup {
    /// Who reads the database.
    pub(crate) dump: Vec<Env>,
    /// Who sends what was read.
    pub(crate) send: Vec<Env>,
}

impl Env {
    fn variable(name: &str, value: &Value) -> Self {
        let source = match value {
            Value::Text(text) => Source::Text(text.clone()),
            Value::Secret(key) => Source::Secret(key.clone()),
        };
        Self {
            name: format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()),
            source,
        }
    }

    fn secret(name: &str, key: &SecretKey) -> Self {
        Self {
            name: name.to_owned(),
            source: Source::Secret(key.clone()),
        }
    }
}

/// What the pods of a service are told.
pub(super) fn service(
    app: &App,
    profile: &Profile,
    components: &[&str],
    mistakes: &mut Mistakes,
) -> Vec<Env> {
    of(
        app,
        profile,
        app.variables_of(components.iter().copied()),
        mistakes,
    )
}

/// What the relay is told; `None` when there is no outbox to relay, and when
/// nothing is left for a relay to do.
pub(super) fn relay(
    app: &App,
    profile: &Profile,
    kafka: bool,
    mistakes: &mut Mistakes,
) -> Option<Vec<Env>> {
    let database = app.settings.database.as_ref()?;
    let outbox = database.outbox_variable.as_deref()?;
    let mut names = BTreeSet::from([outbox]);
    if kafka {
        names.extend(used(settings(&app.kafka_settings)));
    }
    let mut env = of(app, profile, names, mistakes);
    if let Some(key) = &profile.database.direct_url {
        env.push(Env::secret("DIRECT_DATABASE_URL", key));
    }
    env.sort();
    Some(env)
}

/// What migrations are told.
pub(super) fn migrate(app: &App, profile: &Profile, mistakes: &mut Mistakes) -> Option<Vec<Env>> {
    app.settings.database.as_ref()?;
    let database = &profile.database;
    let url = database
        .owner_url
        .as_ref()
        .or(database.direct_url.as_ref())
        .or(database.url.as_ref());
    let Some(url) = url else {
        mistakes.add(
            &profile.path,
            "database.owner_url",
            "the application has migrations, and nobody says by which URL they run: add \
             `[database] owner_url = { secret = \"...\", key = \"...\" }`",
        );
        return None;
    };
    Some(vec![Env::secret("DATABASE_URL", url)])
}

/// What backups are told, where the profile has some made.
pub(super) fn backup(app: &App, profile: &Profile, mistakes: &mut Mistakes) -> Option<Backup> {
    let wanted = profile.backup.as_ref()?;
    if app.settings.database.is_none() {
        mistakes.add(
            &profile.path,
            "backup",
            "the application has no database: leave the table out",
        );
        return None;
    }
    let Some(url) = wanted.url.as_ref().or(profile.database.owner_url.as_ref()) else {
        mistakes.add(
            &profile.path,
            "backup.url",
            "nobody says as whom the database is read: add `url = { secret = \"...\", key = \"...\" }` of a role \
             that row-level security does not bind, or `[database] owner_url`",
        );
        return None;
    };
    let key = |name: &str| {
        let key = SecretKey {
            secret: wanted.credentials.clone(),
            key: name.to_owned(),
        };
        Env::secret(name, &key)
    };
    let text = |name: &str, value: Option<&String>| {
        let source = Source::Text(value?.clone());
        let name = name.to_owned();
        Some(Env { name, source })
    };
    let mut send = vec![key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY")];
    let endpoint = wanted.endpoint.as_ref().map(|address| &address.url);
    send.extend(text("AWS_ENDPOINT_URL", endpoint));
    send.extend(text("AWS_REGION", wanted.region.as_ref()));
    Some(Backup {
        dump: vec![Env::secret("DATABASE_URL", url)],
        send,
    })
}

/// The brokers, where the profile names some.
pub(super) fn kafka(
    app: &App,
    profile: &Profile,
    mistakes: &mut Mistakes,
) -> Option<KafkaConnection> {
    // What is in a Secret is not known here: the default stands for it, which is of the
    // right form, or anything.
    let value = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Secret(_) => {
                let default = app
                    .variables
                    .get(name)
                    .and_then(|variable| variable.default.clone());
                default
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| "secret".to_owned())
            }
        };
        (name.clone(), value)
    };
    let values: BTreeMap<String, String> = profile.variables.iter().map(value).collect();
    match app.kafka_connection(&values) {
        Ok(connection) => connection,
        Err(diagnostics) => {
            for one in diagnostics.iter() {
                mistakes.add(
                    &profile.path,
                    "variables",
                    format!("{}: {}", one.key, one.message),
                );
            }
            None
        }
    }
}

/// The Secret of a Kafka setting that is one variable and nothing else.
pub(crate) fn kafka_secret<'a>(
    profile: &'a Profile,
    template: Option<&Template>,
) -> Option<&'a SecretKey> {
    let name = template?.variables().next()?;
    match profile.variables.get(name)? {
        Value::Secret(key) => Some(key),
        Value::Text(_) => None,
    }
}

/// Whether the profile's values are of variables that there are, and secret ones in Secrets.
pub(super) fn check(app: &App, profile: &Profile, mistakes: &mut Mistakes) {
    for (name, value) in &profile.variables {
        let key = format!("variables.{name}");
        match (app.variables.get(name), value) {
            (None, _) => {
                let known: Vec<&str> = app.variables.keys().map(String::as_str).collect();
                let message = format!(
                    "the manifest has no such variable: it has {}",
                    known.join(", ")
                );
                mistakes.add(&profile.path, key, message);
            }
            (Some(variable), Value::Text(text)) if variable.secret && !text.is_empty() => {
                let message = "is secret, and stands here for all to read: write `{ secret = \"...\", key = \"...\" }`";
                mistakes.add(&profile.path, key, message);
            }
            _ => {}
        }
    }
}

fn settings(kafka: &KafkaSettings) -> impl Iterator<Item = &Template> {
    let KafkaSettings {
        brokers,
        security_protocol,
        sasl_mechanism,
        username,
        password,
        ca_file,
        topic_prefix,
    } = kafka;
    let others = [
        security_protocol,
        sasl_mechanism,
        username,
        password,
        ca_file,
        topic_prefix,
    ];
    std::iter::once(brokers).chain(others.into_iter().flatten())
}

fn used<'a>(templates: impl Iterator<Item = &'a Template>) -> BTreeSet<&'a str> {
    templates.flat_map(Template::variables).collect()
}

/// The environment that gives these variables their values.
fn of(app: &App, profile: &Profile, names: BTreeSet<&str>, mistakes: &mut Mistakes) -> Vec<Env> {
    let database = app.settings.database.as_ref();
    let named = |name: &str| {
        database.is_some_and(|database| {
            database.roles.contains_key(name) || database.host_variable.as_deref() == Some(name)
        })
    };
    let mut env = BTreeSet::new();
    for name in names {
        if let Some(value) = profile.variables.get(name) {
            env.insert(Env::variable(name, value));
            continue;
        }
        match &profile.database.url {
            Some(url) if named(name) => {
                env.insert(Env::secret("DATABASE_URL", url));
            }
            _ if app
                .variables
                .get(name)
                .is_some_and(|variable| variable.required) =>
            {
                let remedy = if named(name) {
                    ", or name the database, `[database] url = { ... }`"
                } else {
                    ""
                };
                let message = format!(
                    "required, and nobody gives it a value: add `{name} = ...` or `{name} = {{ secret = \"...\", key = \
                     \"...\" }}` to `[variables]`{remedy}"
                );
                mistakes.add(&profile.path, format!("variables.{name}"), message);
            }
            _ => {}
        }
    }
    env.into_iter().collect()
}
