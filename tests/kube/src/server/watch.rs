//! Watches: what happens to objects, as it happens.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use hyper::Response;
use hyper::body::Frame;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::State;
use super::answer::{Body, Refusal, streamed};
use super::target::Query;
use super::view::View;
use crate::selector::Selector;
use crate::store::{Event, Store};

/// As long as an API server keeps a watch open at least.
const LONGEST: u64 = 1800;

/// One that somebody has open.
struct Watch {
    state: Arc<State>,
    view: View,
    namespace: String,
    selector: Selector,
    /// All up to here was told.
    version: u64,
    deadline: Instant,
}

/// Begins one: with all objects when no version is named, or else after it.
pub(super) fn begin(
    state: &Arc<State>,
    view: View,
    namespace: &str,
    selector: Selector,
    query: &Query,
) -> Result<Response<Body>, Refusal> {
    let version = match query.get("resourceVersion") {
        "" | "0" => None,
        text => Some(text.parse::<u64>().map_err(|_| {
            Refusal::bad_request(format!("Invalid value: {text:?}: resourceVersion"))
        })?),
    };
    let seconds = query.get("timeoutSeconds").parse().unwrap_or(LONGEST);
    let store = state.store();
    let mut first = String::new();
    if version.is_none() {
        for object in store.list(view.kind, namespace, &selector) {
            first += &line("ADDED", &view.of(&object));
        }
    }
    let watch = Watch {
        state: state.clone(),
        view,
        namespace: namespace.to_owned(),
        selector,
        version: version.unwrap_or(store.version()),
        deadline: Instant::now() + Duration::from_secs(seconds),
    };
    drop(store);
    let later = stream::unfold(watch, |mut watch| async move {
        let lines = watch.next().await?;
        Some((lines, watch))
    });
    let first = (!first.is_empty()).then_some(first);
    let lines = stream::iter(first).chain(later);
    let frames = lines.map(|lines| Ok(Frame::data(Bytes::from(lines))));
    Ok(streamed(frames.boxed()))
}

impl Watch {
    /// The lines of what happened since; `None` at the end of the watch.
    async fn next(&mut self) -> Option<String> {
        let mut changes = self.state.changes();
        let mut ended = self.state.watch_ends();
        loop {
            changes.mark_unchanged();
            let lines = self.lines(&self.state.clone().store());
            if !lines.is_empty() {
                return Some(lines);
            }
            tokio::select! {
                changed = changes.changed() => changed.ok()?,
                _ = ended.changed() => return None,
                () = tokio::time::sleep_until(self.deadline) => return None,
            }
        }
    }

    fn lines(&mut self, store: &Store) -> String {
        let mut lines = String::new();
        for event in store.since(self.version) {
            if std::ptr::eq(event.kind, self.view.kind)
                && let Some((kind, object)) = self.told(event)
            {
                let mut object = self.view.of(object);
                object["metadata"]["resourceVersion"] = event.version.to_string().into();
                lines += &line(kind, &object);
            }
        }
        self.version = store.version();
        lines
    }

    /// What an event is to one who sees only what is selected.
    fn told<'a>(&self, event: &'a Event) -> Option<(&'static str, &'a Value)> {
        let seen = |object: &Option<Arc<Value>>| {
            object.as_ref().is_some_and(|object| {
                let here = self.namespace.is_empty()
                    || object["metadata"]["namespace"] == self.namespace.as_str();
                here && self.selector.matches(object)
            })
        };
        let (before, after) = (seen(&event.before), seen(&event.after));
        let kind = match (before, after) {
            (false, false) => return None,
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
        };
        let object = event.after.as_ref().or(event.before.as_ref())?;
        Some((kind, object))
    }
}

fn line(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({ "type": kind, "object": object }))
}
