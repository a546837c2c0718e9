//! The tasks that a plan makes.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Plan, Series};
use crate::event::Event;
use crate::task::Task;

/// A task that a series makes, and the events that tell of it. Either all of them
/// are written or, where the series has a task for the date already, none.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// The task.
    pub task: Task,
    /// What happened with it.
    pub events: Vec<Event>,
}

impl Series {
    /// The tasks of `plan`, in its order, made at `now`. Their ids and those of their
    /// events are from `new_id`.
    ///
    /// # Errors
    ///
    /// When a payload can't be written as JSON, which it always can.
    pub fn new_tasks(
        &self,
        plan: &Plan,
        now: DateTime<Utc>,
        traceparent: Option<&str>,
        new_id: impl Fn() -> Uuid,
    ) -> Result<Vec<NewTask>, serde_json::Error> {
        let make = |occurrence| {
            let change = self.task(occurrence, new_id(), now);
            let events = change.events(now, traceparent, &new_id)?;
            let task = change.task;
            Ok(NewTask { task, events })
        };
        plan.make.iter().copied().map(make).collect()
    }
}
