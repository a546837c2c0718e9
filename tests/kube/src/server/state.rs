//! What the server's parts share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use glob::Pattern;
use hyper::Response;
use serde_json::Value;
use tokio::sync::watch;

use super::answer::{Body, Refusal};
use super::calls::Call;
use super::discovery::Absent;
use super::faults::{Fault, Faults};
use super::managers::{self, Writer};
use super::pods::Handler;
use super::rbac::{Attempt, Rules};
use super::shape::Shape;
use crate::controllers::Controllers;
use crate::kinds::Kind;
use crate::schemas;
use crate::store::{Store, now};

/// Everything, behind locks that are held for no await.
pub(crate) struct State {
    pub(super) kubernetes: String,
    /// What a client has to send as `Authorization`.
    authorization: String,
    store: Mutex<Store>,
    changes: watch::Sender<u64>,
    ends: watch::Sender<()>,
    controllers: Mutex<Controllers>,
    told: Mutex<Told>,
    record: Mutex<Record>,
}

/// What the test has told the server.
#[derive(Default)]
pub(super) struct Told {
    pub(super) absent: Absent,
    pub(super) faults: Faults,
    pub(super) rules: Rules,
    pub(super) logs: Vec<(Pattern, String, String)>,
    pub(super) handler: Option<Arc<Handler>>,
}

/// What the test wants to know.
#[derive(Clone, Default)]
pub(super) struct Record {
    pub(super) calls: Vec<Call>,
    pub(super) forbidden: Vec<Call>,
    pub(super) unexpected: Vec<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn new(kubernetes: &str, token: &str, controllers: Controllers) -> Self {
        Self {
            kubernetes: kubernetes.to_owned(),
            authorization: format!("Bearer {token}"),
            store: Mutex::default(),
            changes: watch::Sender::default(),
            ends: watch::Sender::default(),
            controllers: Mutex::new(controllers),
            told: Mutex::default(),
            record: Mutex::default(),
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    /// Tells watches and controllers when the store has changed.
    pub(crate) fn notify(&self, store: &Store) {
        self.changes.send_if_modified(|version| {
            let changed = *version != store.version();
            *version = store.version();
            changed
        });
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn watch_ends(&self) -> watch::Receiver<()> {
        self.ends.subscribe()
    }

    pub(super) fn end_watches(&self) {
        self.ends.send_replace(());
    }

    pub(crate) fn controllers(&self) -> Controllers {
        lock(&self.controllers).clone()
    }

    /// Changes what the controllers do, also with what is there already.
    pub(super) fn control(&self, change: impl FnOnce(Controllers) -> Controllers) {
        let mut controllers = lock(&self.controllers);
        *controllers = change(controllers.clone());
        drop(controllers);
        self.changes.send_modify(|_| {});
    }

    /// What a controller does: changes an object, when it is there.
    pub(crate) fn edit(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) {
        let mut store = self.store();
        if let Some(before) = store.get(kind, namespace, name) {
            let mut object = (*before).clone();
            change(&mut object);
            if object != *before {
                self.controlled(kind, Some(&before), &mut object);
                store.put(kind, object);
            }
        }
        self.notify(&store);
    }

    /// What a controller does: makes an object, when it is not there yet.
    pub(crate) fn make(&self, kind: &'static Kind, mut object: Value) -> Arc<Value> {
        let mut store = self.store();
        let text = |key: &str| {
            object["metadata"][key]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let there = store.get(kind, &text("namespace"), &text("name"));
        let object = there.unwrap_or_else(|| {
            self.controlled(kind, None, &mut object);
            store.put(kind, object)
        });
        self.notify(&store);
        object
    }

    /// Enters a controller as the owner of what it has written.
    fn controlled(&self, kind: &Kind, before: Option<&Value>, object: &mut Value) {
        let api_version = kind.api_version(kind.versions[0]);
        let schema = schemas::schema(&api_version, kind.kind, &self.kubernetes);
        let shape = Shape::new(schema.as_deref().unwrap_or(&Value::Null));
        let spec = |object: &Value| object.get("spec").cloned();
        let status = kind.status && before.is_some_and(|before| spec(before) == spec(object));
        let writer = Writer {
            manager: "controller".to_owned(),
            applies: false,
            subresource: status.then(|| "status".to_owned()),
        };
        managers::updated(before, object, &writer, shape, &now());
    }

    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.told)
    }

    pub(super) fn absent(&self) -> Absent {
        Absent(self.told().absent.0.clone())
    }

    pub(super) fn handler(&self) -> Option<Arc<Handler>> {
        self.told().handler.clone()
    }

    /// What a container has written, as the test said last.
    pub(super) fn log(&self, pod: &str, container: &str) -> String {
        let told = self.told();
        let said = told.logs.iter().rev();
        let mut said = said.filter(|(pods, name, _)| pods.matches(pod) && name == container);
        said.next()
            .map(|(_, _, text)| text.clone())
            .unwrap_or_default()
    }

    pub(super) fn knows(&self, authorization: &str) -> bool {
        authorization == self.authorization
    }

    pub(super) fn review(&self, review: Value) -> Value {
        self.told().rules.review(review)
    }

    pub(super) fn authorize(&self, call: usize, attempt: &Attempt<'_>) -> Result<(), Refusal> {
        if self.told().rules.allow(attempt) {
            return Ok(());
        }
        let mut record = lock(&self.record);
        let mut call = record.calls[call].clone();
        call.verb = match attempt.verb {
            "create" => "create",
            _ => call.verb,
        };
        call.status = 403;
        record.forbidden.push(call);
        Err(attempt.refusal())
    }

    /// Records a call, and says where it is recorded.
    pub(super) fn called(&self, call: Call) -> usize {
        let mut record = lock(&self.record);
        record.calls.push(call);
        record.calls.len() - 1
    }

    pub(super) fn answered(&self, call: usize, answer: Response<Body>) -> Response<Body> {
        if let Some(call) = lock(&self.record).calls.get_mut(call) {
            call.status = answer.status().as_u16();
        }
        answer
    }

    pub(super) fn faults_of(&self, call: usize) -> Vec<Fault> {
        let called = lock(&self.record).calls[call].clone();
        self.told().faults.take(&called)
    }

    /// Records that the server cannot do what a client wants.
    pub(super) fn unexpected(&self, what: &str) -> Refusal {
        lock(&self.record).unexpected.push(what.to_owned());
        Refusal::no_resource()
    }

    pub(super) fn record(&self) -> Record {
        lock(&self.record).clone()
    }
}
