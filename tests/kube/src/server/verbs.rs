//! What a client does to objects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::admission;
use super::answer::{Answer, Refusal, json as answered};
use super::apply::Apply;
use super::defaults;
use super::managers::{self, Writer};
use super::shape::Shape;
use super::target::{Query, Target};
use super::view::View;
use super::{State, pods, watch};
use crate::kinds::{self, Kind};
use crate::schemas;
use crate::selector::Selector;
use crate::store::{Store, meta, now};

/// A request about a resource that is served.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) target: Target,
    pub(super) view: View,
    pub(super) verb: &'static str,
    pub(super) query: Query,
    pub(super) content_type: String,
    /// What the client calls itself when it names no field manager.
    pub(super) agent: String,
    pub(super) body: Option<Value>,
    pub(super) dry_run: bool,
}

impl Request {
    fn kind(&self) -> &'static Kind {
        self.view.kind
    }

    fn selector(&self) -> Result<Selector, Refusal> {
        Selector::parse(
            self.query.get("labelSelector"),
            self.query.get("fieldSelector"),
        )
        .ok_or_else(|| Refusal::bad_request("unable to parse requirement"))
    }

    fn body(&self) -> Result<&Value, Refusal> {
        let object = self.body.as_ref().filter(|body| body.is_object());
        object.ok_or_else(|| Refusal::bad_request("the body is no JSON object"))
    }

    fn writer(&self, applies: bool) -> Writer {
        let agent = self.agent.split('/').next().unwrap_or_default();
        let manager = match self.query.get("fieldManager") {
            "" => agent,
            named => named,
        };
        let subresource = &self.target.subresource;
        Writer {
            manager: manager.to_owned(),
            applies,
            subresource: (!subresource.is_empty()).then(|| subresource.clone()),
        }
    }
}

/// Does it, and answers.
pub(super) fn perform(state: &Arc<State>, request: &Request) -> Answer {
    let target = &request.target;
    match (target.subresource.as_str(), request.verb) {
        ("log", "get") => pods::log(state, target, &request.query),
        ("status" | "", "get") => {
            let found = state
                .store()
                .get(request.kind(), &target.namespace, &target.name);
            let object = found.ok_or_else(|| Refusal::not_found(request.kind(), &target.name))?;
            Ok(answered(200, &request.view.of(&object)))
        }
        ("", "list") => {
            let selector = request.selector()?;
            let store = state.store();
            let objects = store.list(request.kind(), &target.namespace, &selector);
            let objects = objects.iter().map(AsRef::as_ref);
            Ok(answered(200, &request.view.list(objects, store.version())))
        }
        ("", "watch") => {
            let selector = request.selector()?;
            watch::begin(
                state,
                request.view,
                &target.namespace,
                selector,
                &request.query,
            )
        }
        ("", "create") => create(state, request),
        ("status" | "", "update") => update(state, request),
        ("status" | "", "patch") => patch(state, request),
        ("", "delete") => delete(state, request),
        ("", "deletecollection") => {
            let mut store = state.store();
            let found = store.list(request.kind(), &target.namespace, &request.selector()?);
            for object in found.iter().filter(|_| !request.dry_run) {
                let (namespace, name) = (meta(object, "namespace"), meta(object, "name"));
                store.delete(request.kind(), namespace, name, orphans(request));
            }
            state.notify(&store);
            Ok(answered(200, &success(&json!({}))))
        }
        _ => Err(state.unexpected(&format!("{} {}", request.verb, target.resource()))),
    }
}

fn create(state: &State, request: &Request) -> Answer {
    let mut object = request.body()?.clone();
    let (kind, target) = (request.kind(), &request.target);
    if meta(&object, "name").is_empty() && !meta(&object, "generateName").is_empty() {
        let random = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("{}{}", meta(&object, "generateName"), &random[..5]);
        object["metadata"]["name"] = name.into();
    }
    let name = meta(&object, "name").to_owned();
    let mut store = state.store();
    if store.get(kind, &target.namespace, &name).is_some() {
        let message = format!("{} \"{name}\" already exists", kind.resource());
        return Err(Refusal::new(409, "AlreadyExists", message));
    }
    write(state, &mut store, request, None, object, 201)
}

fn update(state: &State, request: &Request) -> Answer {
    let object = request.body()?.clone();
    let (kind, target) = (request.kind(), &request.target);
    let mut store = state.store();
    let before = store.get(kind, &target.namespace, &target.name);
    let before = before.ok_or_else(|| Refusal::not_found(kind, &target.name))?;
    write(state, &mut store, request, Some(&before), object, 200)
}

fn patch(state: &State, request: &Request) -> Answer {
    let sent = request.body()?;
    let (kind, target) = (request.kind(), &request.target);
    let mut store = state.store();
    let before = store.get(kind, &target.namespace, &target.name);
    match request.content_type.as_str() {
        "application/apply-patch+yaml" => {
            if request.query.get("fieldManager").is_empty() {
                let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required \
                               value: is required for apply patch";
                return Err(Refusal::new(422, "Invalid", message));
            }
            let code = if before.is_some() { 200 } else { 201 };
            write(
                state,
                &mut store,
                request,
                before.as_deref(),
                sent.clone(),
                code,
            )
        }
        "application/merge-patch+json" => {
            let before = before.ok_or_else(|| Refusal::not_found(kind, &target.name))?;
            let mut object = (*before).clone();
            merge_patch(&mut object, sent);
            write(state, &mut store, request, Some(&before), object, 200)
        }
        other => Err(state.unexpected(&format!("a patch of type {other}"))),
    }
}

/// RFC 7396.
fn merge_patch(object: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (key, value) in patch {
        if value.is_null() {
            object.as_object_mut().map(|members| members.remove(key));
        } else {
            merge_patch(&mut object[key], value);
        }
    }
}

/// The way of every write: what it makes of the object, admission, and the store.
fn write(
    state: &State,
    store: &mut Store,
    request: &Request,
    before: Option<&Value>,
    mut object: Value,
    code: u16,
) -> Answer {
    let (kind, target) = (request.kind(), &request.target);
    place(store, request, &mut object)?;
    precondition(kind, &object, before)?;
    let api_version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
    let schema = schemas::schema(&api_version, kind.kind, &state.kubernetes);
    let nothing = json!({});
    let shape = Shape::new(schema.as_deref().unwrap_or(&nothing));
    let now = now();
    let applies = request.content_type == "application/apply-patch+yaml";
    let writer = request.writer(applies);
    only_own_part(kind, target, &mut object, before, applies);
    if applies {
        let force = request.query.is("force");
        let apply = Apply {
            writer: &writer,
            force,
            shape,
            now: &now,
        };
        object = apply.to(before, &object)?;
        defaults::fill(kind, &mut object);
    } else {
        managers::updated(before, &mut object, &writer, shape, &now);
        defaults::fill(kind, &mut object);
    }
    secret(kind, &mut object);
    admission::check(kind, &object, before, &state.kubernetes)?;
    if request.dry_run {
        return Ok(answered(code, &request.view.of(&object)));
    }
    let stored = store.put(kind, object);
    state.notify(store);
    Ok(answered(code, &request.view.of(&stored)))
}

/// Where the object belongs, which its own metadata must not contradict.
fn place(store: &Store, request: &Request, object: &mut Value) -> Result<(), Refusal> {
    let (kind, target) = (request.kind(), &request.target);
    let metadata = &mut object["metadata"];
    for (key, wanted) in [("name", &target.name), ("namespace", &target.namespace)] {
        let given = metadata[key].as_str().unwrap_or_default();
        if !given.is_empty() && !wanted.is_empty() && given != wanted {
            return Err(Refusal::bad_request(format!(
                "the {key} of the object ({given}) does not match the {key} on the URL ({wanted})"
            )));
        }
        if !wanted.is_empty() {
            metadata[key] = wanted.as_str().into();
        }
    }
    if kind.namespaced {
        let namespaces = kinds::of_object("v1", "Namespace");
        let namespace = namespaces.and_then(|kind| store.get(kind, "", &target.namespace));
        if namespace.is_none() {
            let message = format!("namespaces \"{}\" not found", target.namespace);
            return Err(Refusal::new(404, "NotFound", message));
        }
    }
    Ok(())
}

/// A write that names a version is only for that one.
fn precondition(kind: &Kind, object: &Value, before: Option<&Value>) -> Result<(), Refusal> {
    let (wanted, uid) = (meta(object, "resourceVersion"), meta(object, "uid"));
    let is = before.unwrap_or(&Value::Null);
    let other = |wanted: &str, key| !wanted.is_empty() && wanted != meta(is, key);
    if before.is_some() && other(wanted, "resourceVersion") || other(uid, "uid") {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please \
             apply your changes to the latest version and try again",
            kind.resource(),
            meta(object, "name"),
        );
        return Err(Refusal::new(409, "Conflict", message));
    }
    Ok(())
}

/// A write changes the status or everything else, never both.
fn only_own_part(
    kind: &Kind,
    target: &Target,
    object: &mut Value,
    before: Option<&Value>,
    applies: bool,
) {
    let status = object.get("status").cloned();
    let is = before.unwrap_or(&Value::Null);
    if target.subresource == "status" {
        if !applies {
            *object = is.clone();
        } else if let Some(members) = object.as_object_mut() {
            members.retain(|key, _| ["apiVersion", "kind", "metadata"].contains(&key.as_str()));
        }
        if let Some(status) = status {
            object["status"] = status;
        }
    } else if kind.status
        && let Some(members) = object.as_object_mut()
    {
        members.remove("status");
        if let (false, Some(status)) = (applies, is.get("status")) {
            object["status"] = status.clone();
        }
    }
}

/// `stringData` is written into `data`, and never read.
fn secret(kind: &Kind, object: &mut Value) {
    use base64::Engine as _;
    if (kind.group, kind.kind) != ("", "Secret") {
        return;
    }
    let plain = object
        .as_object_mut()
        .and_then(|members| members.remove("stringData"));
    for (key, value) in plain
        .as_ref()
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let bytes = value.as_str().unwrap_or_default();
        object["data"][key] = base64::engine::general_purpose::STANDARD
            .encode(bytes)
            .into();
    }
}

fn orphans(request: &Request) -> bool {
    let body = request.body.as_ref();
    let policy = body.and_then(|body| body["propagationPolicy"].as_str());
    policy.unwrap_or(request.query.get("propagationPolicy")) == "Orphan"
}

fn delete(state: &State, request: &Request) -> Answer {
    let (kind, target) = (request.kind(), &request.target);
    let mut store = state.store();
    let found = store.get(kind, &target.namespace, &target.name);
    let object = found.ok_or_else(|| Refusal::not_found(kind, &target.name))?;
    let conditions = request.body.as_ref().map(|body| &body["preconditions"]);
    for key in ["uid", "resourceVersion"] {
        let wanted = conditions.and_then(|conditions| conditions[key].as_str());
        if wanted.is_some_and(|wanted| wanted != meta(&object, key)) {
            let message = format!("Precondition failed: {key} in precondition does not match");
            return Err(Refusal::new(409, "Conflict", message));
        }
    }
    if request.dry_run {
        return Ok(answered(200, &request.view.of(&object)));
    }
    store.delete(kind, &target.namespace, &target.name, orphans(request));
    let left = store.get(kind, &target.namespace, &target.name);
    state.notify(&store);
    let details = json!({
        "name": target.name, "group": kind.group, "kind": kind.plural, "uid": meta(&object, "uid"),
    });
    Ok(match left {
        Some(marked) => answered(200, &request.view.of(&marked)),
        None => answered(200, &success(&details)),
    })
}

fn success(details: &Value) -> Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details, "code": 200,
    })
}
