//! What a cluster's controllers do, as far as a release can tell: Knative's, and those of
//! jobs and deployments.

mod conditions;
mod deployment;
mod job;
mod knative;
mod pods;
mod simple;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use glob::Pattern;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::kinds::{self, Kind};
use crate::selector::Selector;
use crate::server::State;
use crate::store::meta;

/// What becomes of the objects that controllers work on. All goes well, at once, unless a
/// test says otherwise.
#[derive(Clone, Debug)]
pub struct Controllers {
    runs: bool,
    outcomes: Vec<(Pattern, Outcome)>,
    domain: String,
}

impl Default for Controllers {
    fn default() -> Self {
        Self {
            runs: true,
            outcomes: Vec::new(),
            domain: "example.test".to_owned(),
        }
    }
}

impl Controllers {
    /// None: what is written stays as it is.
    pub fn none() -> Self {
        Self {
            runs: false,
            ..Self::default()
        }
    }

    /// What becomes of objects whose resource and name fit a pattern, such as
    /// `revisions/todo-*`, `jobs/migrate-*`, `deployments/relay`, `kafkasources/*`. What is
    /// said last holds.
    ///
    /// # Panics
    /// When the pattern is none.
    #[must_use]
    pub fn on(mut self, pattern: &str, outcome: Outcome) -> Self {
        let pattern = Pattern::new(pattern).expect("a pattern such as jobs/migrate-*");
        self.outcomes.push((pattern, outcome));
        self
    }

    /// The domain under which Knative services are seen from outside, as
    /// `http://NAME.NAMESPACE.DOMAIN`; with a port, where a test serves them itself.
    #[must_use]
    pub fn domain(mut self, domain: &str) -> Self {
        domain.clone_into(&mut self.domain);
        self
    }

    fn outcome(&self, kind: &Kind, name: &str) -> Outcome {
        let path = format!("{}/{name}", kind.plural);
        let mut said = self.outcomes.iter().rev();
        let said = said.find(|(pattern, _)| pattern.matches(&path));
        said.map_or_else(Outcome::succeeds, |(_, outcome)| outcome.clone())
    }
}

/// What becomes of one object.
#[derive(Clone, Debug)]
pub struct Outcome {
    end: End,
    after: Duration,
}

/// How it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Good,
    Bad { reason: String, message: String },
    Never,
}

impl Outcome {
    /// A revision becomes ready, a job completes, a deployment is rolled out.
    pub fn succeeds() -> Self {
        Self {
            end: End::Good,
            after: Duration::ZERO,
        }
    }

    /// It fails, for a reason such as `ExitCode1` or `ContainerMissing`.
    pub fn fails(reason: &str, message: &str) -> Self {
        let (reason, message) = (reason.to_owned(), message.to_owned());
        Self {
            end: End::Bad { reason, message },
            after: Duration::ZERO,
        }
    }

    /// It neither succeeds nor fails.
    pub fn hangs() -> Self {
        Self {
            end: End::Never,
            after: Duration::ZERO,
        }
    }

    /// Not before this time has passed since the object was made.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.after = time;
        self
    }
}

/// One look at everything that is there.
struct Pass<'a> {
    state: &'a State,
    controllers: Controllers,
    /// When each object, by its uid and generation, was first seen.
    seen: &'a mut HashMap<(String, u64), Instant>,
    /// When something is due next.
    due: Option<Instant>,
}

/// Brings what is to what is wanted, whenever something changes, until it is dropped.
pub(crate) async fn run(state: Arc<State>) {
    let mut changes = state.changes();
    let mut seen = HashMap::new();
    loop {
        changes.mark_unchanged();
        let mut pass = Pass {
            state: &state,
            controllers: state.controllers(),
            seen: &mut seen,
            due: None,
        };
        if pass.controllers.runs {
            knative::reconcile(&mut pass);
            job::reconcile(&mut pass);
            deployment::reconcile(&mut pass);
            simple::reconcile(&mut pass);
        }
        // Without anything due, only a change wakes it.
        let far = Instant::now() + Duration::from_secs(3600);
        let due = pass.due.unwrap_or(far);
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            () = tokio::time::sleep_until(due) => {}
        }
    }
}

impl Pass<'_> {
    /// All objects of a kind that nobody is deleting.
    fn list(&self, kind: &'static Kind, namespace: &str, labels: &str) -> Vec<Arc<Value>> {
        let selector = Selector::parse(labels, "").unwrap_or_default();
        let mut found = self.state.store().list(kind, namespace, &selector);
        found.retain(|object| meta(object, "deletionTimestamp").is_empty());
        found
    }

    /// How an object has ended by now.
    fn end(&mut self, kind: &Kind, object: &Value) -> End {
        let outcome = self.controllers.outcome(kind, meta(object, "name"));
        let key = (meta(object, "uid").to_owned(), generation(object));
        let first = *self.seen.entry(key).or_insert_with(Instant::now);
        let ends = first + outcome.after;
        if ends <= Instant::now() {
            return outcome.end;
        }
        self.due = Some(self.due.map_or(ends, |due| due.min(ends)));
        End::Never
    }
}

fn generation(object: &Value) -> u64 {
    object["metadata"]["generation"]
        .as_u64()
        .unwrap_or_default()
}

/// A kind that is among those that the server knows.
fn kind(api_version: &str, name: &str) -> &'static Kind {
    kinds::of_object(api_version, name)
        .unwrap_or_else(|| panic!("{name} of {api_version} is not served"))
}

/// The reference by which one object owns another.
fn owned_by(owner: &Value) -> Value {
    json!([{
        "apiVersion": owner["apiVersion"], "kind": owner["kind"],
        "name": meta(owner, "name"), "uid": meta(owner, "uid"),
        "controller": true, "blockOwnerDeletion": true,
    }])
}

/// Labels or annotations of both.
fn joined(first: &Value, second: Value) -> Value {
    let mut joined = first.as_object().cloned().unwrap_or_default();
    if let Value::Object(second) = second {
        joined.extend(second);
    }
    Value::Object(joined)
}
