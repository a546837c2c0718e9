//! What happens to a series of tasks.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{EventKind, Payload};
use crate::instant::{Day, Out};

macro_rules! kinds {
    ($($name:ident = $verb:literal on $topic:literal;)*) => {$(
        #[doc = concat!("`todo.recurring-task.", $verb, "`, on the topic `", $topic, "`.")]
        pub const $name: EventKind =
            EventKind { name: concat!("todo.recurring-task.", $verb), topic: $topic, schema: 1 };
    )*};
}
kinds! {
    CREATED = "created" on "todo-events";
    UPDATED = "updated" on "todo-events";
    DELETED = "deleted" on "todo-events";
    DUE = "due" on "reminders";
}

/// What every event about a series itself says of it. Its payload is the series as
/// the API shows it, of which readers need no more than this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// The series.
    pub id: Uuid,
    /// What its tasks are called.
    pub title: String,
    /// Whether it still makes tasks.
    pub is_active: bool,
}

/// The payload of [`DUE`]: a series made its next task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesDue {
    /// The series.
    pub recurring_task_id: Uuid,
    /// The task that it made.
    pub task_id: Uuid,
    /// What the task is called.
    pub title: String,
    /// For which of the series' days.
    pub occurrence_on: Day,
    /// When the task is due.
    pub due_at: Out,
}

impl Payload for SeriesDue {
    const KIND: EventKind = DUE;
}
