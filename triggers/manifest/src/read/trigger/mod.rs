//! `[[trigger.<type>]]`, a module for each type.

mod cron;
mod http;
mod kafka;
mod redis;

use std::collections::BTreeMap;

pub(super) use self::http::RESERVED;
use super::{Place, component};
use crate::app::{Component, Handler, HttpTrigger, Variable};
use crate::cron::CronTrigger;
use crate::document::Data;
use crate::fields::{Field, Fields};
use crate::kafka::KafkaTrigger;
use crate::redis::RedisTrigger;
use crate::suggest::did_you_mean;
use crate::template::Template;

/// The types of triggers that there are.
pub(super) const KINDS: [&str; 4] = ["http", "kafka", "cron", "redis"];

/// What to do about a trigger that must have a component.
const NO_COMPONENT: &str = "add `component = \"...\"`";

/// All triggers, each type in the order of the manifest.
pub(super) struct Triggers {
    pub(super) http: Vec<HttpTrigger>,
    pub(super) kafka: Vec<KafkaTrigger>,
    pub(super) cron: Vec<CronTrigger>,
    pub(super) redis: Vec<RedisTrigger>,
}

/// What the triggers of every type are checked against.
pub(super) struct Scope<'a> {
    /// `application.name`.
    pub(super) application: &'a str,
    /// What all routes begin with.
    pub(super) base: &'a str,
    /// Where channels are whose triggers do not say.
    pub(super) redis: Option<&'a Template>,
    pub(super) variables: &'a BTreeMap<String, Variable>,
    /// By id; `None` for one with a mistake. Components that are written into a
    /// trigger are added.
    pub(super) components: &'a mut BTreeMap<String, Option<Component>>,
    pub(super) place: &'a Place<'a>,
    /// The ids seen, and where.
    pub(super) ids: BTreeMap<String, usize>,
}

/// Reads `trigger`.
pub(super) fn read(field: &Field<'_>, scope: &mut Scope<'_>) -> Triggers {
    let mut http = http::HttpTriggers::default();
    let mut kafka = kafka::KafkaTriggers::default();
    let mut cron = cron::CronTriggers::default();
    let mut redis = redis::RedisTriggers::default();
    for (kind, field) in field.entries() {
        if !KINDS.contains(&kind) {
            let near = did_you_mean(kind, KINDS);
            let remedy = if near.is_empty() {
                "; remove it"
            } else {
                &near
            };
            field.error(format!(
                "trigger type `{kind}` is not supported by this version, which has `http`, \
                 `kafka`, `cron` and `redis`{remedy}"
            ));
        } else if matches!(field.node.data, Data::Table(_)) {
            field.error(format!(
                "must have double brackets: write `[[trigger.{kind}]]`"
            ));
        } else {
            for (index, element) in field.elements().iter().enumerate() {
                let Some(mut fields) = element.fields() else {
                    continue;
                };
                let id = scope.id(kind, index, element, &mut fields);
                match kind {
                    "kafka" => kafka.read(id, element, fields, scope),
                    "cron" => cron.read(id, element, fields, scope),
                    "redis" => redis.read(id, element, fields, scope),
                    _ => http.read(id, element, fields, scope),
                }
            }
        }
    }
    Triggers {
        http: http.list,
        kafka: kafka.list,
        cron: cron.finish(),
        redis: redis.list,
    }
}

impl Scope<'_> {
    /// A trigger's `id`, or the one that it is given.
    fn id(
        &mut self,
        kind: &str,
        index: usize,
        field: &Field<'_>,
        fields: &mut Fields<'_>,
    ) -> String {
        let id = fields
            .take("id")
            .and_then(|field| Some(field.some_text()?.to_owned()));
        let id = id.unwrap_or_else(|| format!("trigger-{kind}-{index}"));
        if let Some(line) = self.ids.insert(id.clone(), field.line()) {
            field.error(format!(
                "has the id `{id}`, as the trigger on line {line} has: rename one"
            ));
        }
        id
    }

    /// The id of a trigger's component: named, or written out in place.
    fn component(&mut self, trigger: &str, field: &Field<'_>) -> Option<String> {
        if matches!(field.node.data, Data::Table(_)) {
            let mut id = format!("{trigger}-component");
            while self.components.contains_key(&id) {
                id.push_str("-2");
            }
            let component = component::read(&id, field, self.variables, self.place);
            self.components.insert(id.clone(), component);
            return Some(id);
        }
        let id = field.some_text()?;
        if !self.components.contains_key(id) {
            let near = did_you_mean(id, self.components.keys().map(String::as_str));
            let remedy = if near.is_empty() {
                format!("; add `[component.{id}]`")
            } else {
                near
            };
            field.error(format!("no component is called `{id}`{remedy}"));
        }
        Some(id.to_owned())
    }

    /// The same for one that must take requests, or else have what `own` says.
    fn component_for(&mut self, trigger: &str, field: &Field<'_>, own: Handler) -> Option<String> {
        let id = self.component(trigger, field)?;
        let component = self.components.get(&id).and_then(Option::as_ref);
        let handler = component.and_then(|component| component.handler);
        let (export, kind) = match handler {
            Some(handler) if handler == own => return Some(id),
            Some(Handler::CronEvent) => ("handle-cron-event", "cron"),
            Some(Handler::Message) => ("handle-message", "redis"),
            Some(Handler::Http) | None => return Some(id),
        };
        field.error(format!(
            "`{id}` exports `{export}` alone, which only `[[trigger.{kind}]]` calls: \
             give it that trigger, or mark its handler with spin-sdk's `#[http_service]`"
        ));
        Some(id)
    }
}

/// Reports what Spin has for every trigger and this version does nothing about.
fn refuse_what_does_not_run(fields: &mut Fields<'_>) {
    fields.refuse(
        "components",
        "name one component with `component = \"...\"`",
    );
    fields.refuse(
        "dependencies",
        "compose the components when building, with `wac plug`, say",
    );
}
