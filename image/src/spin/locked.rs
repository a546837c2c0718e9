//! The locked application: the manifest as Spin reads it, with digests for sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Map, Value, json};
use spindrift_manifest::{
    App, Component, Handler, HttpTarget, HttpTrigger, RedisTrigger, Template, Variable,
};

use super::{COMPONENT, files};
use crate::blob::Blob;
use crate::error::Error;

/// What allows a function to call another one of the application.
const CHAINING: &str = ".spin.internal";

/// The document. What it names by digest is added to `layers`.
pub(super) fn application(app: &App, layers: &mut Vec<Blob>) -> Result<Value, Error> {
    let components = app.components.values();
    let components: Vec<_> = components
        .map(|component| one(app, component, layers))
        .collect::<Result<_, _>>()?;
    let mut document = json!({
        "metadata": present([
            ("name", app.name.as_str()),
            ("version", &app.version),
            ("description", &app.description),
        ]),
        "variables": variables(&app.variables),
        "triggers": triggers(app),
        "components": components,
    });
    if app.components.values().any(chains) {
        // A host that can't do it has to refuse the application.
        document["spin_lock_version"] = 1.into();
        document["must_understand"] = json!(["host_requirements"]);
        document["host_requirements"] = json!({ "local_service_chaining": "required" });
    } else {
        document["spin_lock_version"] = 0.into();
    }
    Ok(document)
}

fn chains(component: &Component) -> bool {
    let mut hosts = component.allowed_outbound_hosts.iter();
    hosts.any(|host| host.as_str().contains(CHAINING))
}

/// Those that are not empty.
fn present<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    let there = values.into_iter().filter(|(_, value)| !value.is_empty());
    there
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

fn variables(variables: &BTreeMap<String, Variable>) -> Map<String, Value> {
    let one = |variable: &Variable| {
        let mut value = present([("description", variable.description.as_str())]);
        if let Some(default) = &variable.default {
            value.insert("default".to_owned(), default.as_str().into());
        }
        if variable.secret {
            value.insert("secret".to_owned(), true.into());
        }
        Value::Object(value)
    };
    let all = variables.iter();
    all.map(|(name, variable)| (name.clone(), one(variable)))
        .collect()
}

/// Routes, a path for each function that events and ticks call, and channels.
fn triggers(app: &App) -> Vec<Value> {
    let called = app.kafka.iter().map(|trigger| &trigger.component);
    let called = called.chain(app.cron.iter().map(|trigger| &trigger.component));
    let called: BTreeSet<_> = called
        .filter(|id| app.components[*id].handler != Some(Handler::CronEvent))
        .collect();
    let events = called.into_iter().map(|id| {
        let config = json!({ "component": id, "route": format!("/_events/{id}") });
        trigger("http", &format!("trigger-events-{id}"), &config)
    });
    let messages = app.redis.iter().map(message);
    let all = app.http.iter().map(route).chain(events).chain(messages);
    all.collect()
}

fn route(http: &HttpTrigger) -> Value {
    let mut config = match &http.target {
        HttpTarget::Component(id) => json!({ "component": id }),
        HttpTarget::Static(answer) => json!({ "static_response": {
            "status_code": answer.status,
            "headers": answer.headers,
            "body": answer.body,
        } }),
    };
    config["route"] = match &http.route {
        Some(route) => route.as_str().into(),
        None => json!({ "private": true }),
    };
    trigger("http", &http.id, &config)
}

fn message(redis: &RedisTrigger) -> Value {
    let config = json!({
        "component": redis.component,
        "channel": redis.channel.as_str(),
        "address": redis.address.as_str(),
    });
    trigger("redis", &redis.id, &config)
}

fn trigger(kind: &str, id: &str, config: &Value) -> Value {
    json!({ "id": id, "trigger_type": kind, "trigger_config": config })
}

fn one(app: &App, component: &Component, layers: &mut Vec<Blob>) -> Result<Value, Error> {
    let source = &component.source;
    let bytes = fs::read(source).map_err(|e| Error::read("read", source, e))?;
    let layer = Blob::new(COMPONENT, bytes);
    let digest = layer.digest().clone();
    layers.push(layer);

    let texts = |templates: &[Template]| -> Vec<String> {
        let texts = templates
            .iter()
            .map(|template| template.as_str().to_owned());
        texts.collect()
    };
    let mut metadata = present([("description", component.description.as_str())]);
    for (name, values) in [
        (
            "allowed_outbound_hosts",
            texts(&component.allowed_outbound_hosts),
        ),
        ("key_value_stores", component.key_value_stores.clone()),
        ("ai_models", component.ai_models.clone()),
    ] {
        if !values.is_empty() {
            metadata.insert(name.to_owned(), json!(values));
        }
    }
    let config: BTreeMap<_, _> = component
        .variables
        .iter()
        .map(|(name, template)| (name, template.as_str()))
        .collect();
    Ok(json!({
        "id": component.id,
        "metadata": metadata,
        "source": { "content_type": "application/wasm", "digest": digest },
        "env": component.environment,
        "files": files::of(app, component, layers)?,
        "config": config,
    }))
}
