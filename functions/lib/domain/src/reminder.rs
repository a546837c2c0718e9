//! What comes by itself when its time comes, on the topic `reminders`.
//!
//! Each of these says for which time it was made. Whoever tells a person of it
//! looks at the task first: one that was done, deleted or moved meanwhile has no
//! such time any more, and nothing is told.

mod turn;

pub use turn::Turn;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::event::{Event, EventKind, Payload};
use crate::instant::{Day, Out, present};
use crate::task::Task;

const TOPIC: &str = "reminders";

/// A reminder's instant has come.
pub const DUE: EventKind = EventKind {
    name: "todo.reminder.due",
    topic: TOPIC,
    schema: 1,
};
/// A task is due within 24 hours; once for each time that a task is due.
pub const DUE_SOON: EventKind = EventKind {
    name: "todo.task.due-soon",
    topic: TOPIC,
    schema: 1,
};
/// A task was due and is not done; once for each time that a task is due.
pub const OVERDUE: EventKind = EventKind {
    name: "todo.task.overdue",
    topic: TOPIC,
    schema: 1,
};

/// How long ahead reminders are written: what is nearer is published by the change
/// that sets it, the rest by the job that runs each minute.
pub const AHEAD: TimeDelta = TimeDelta::seconds(90);

/// The payload of [`DUE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderDue {
    /// The task.
    pub task_id: Uuid,
    /// What it was called.
    pub title: String,
    /// The instant that was asked for.
    pub remind_at: Out,
    /// The instant when the task had to be done.
    #[serde(deserialize_with = "present")]
    pub due_at: Option<Out>,
    /// The day on which the task had to be done.
    #[serde(deserialize_with = "present")]
    pub all_day_on: Option<Day>,
}

macro_rules! of_due {
    ($($payload:ident says $kind:ident;)*) => {$(
        #[doc = concat!("The payload of [`", stringify!($kind), "`].")]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $payload {
            /// The task.
            pub task_id: Uuid,
            /// What it was called.
            pub title: String,
            /// The instant when it had to be done.
            #[serde(deserialize_with = "present")]
            pub due_at: Option<Out>,
            /// The day on which it had to be done; one of the two is there.
            #[serde(deserialize_with = "present")]
            pub all_day_on: Option<Day>,
        }

        impl $payload {
            /// About a task as it is now.
            pub fn of(task: &Task) -> Self {
                Self {
                    task_id: task.id,
                    title: task.fields.title.clone(),
                    due_at: task.fields.due_at.map(Out),
                    all_day_on: task.fields.all_day_on.map(Day),
                }
            }
        }

        impl Payload for $payload {
            const KIND: EventKind = $kind;
        }
    )*};
}
of_due! {
    DueSoon says DUE_SOON;
    Overdue says OVERDUE;
}

impl Payload for ReminderDue {
    const KIND: EventKind = DUE;
}

/// Those of `reminders` that have to be published now, at `now`: what is past
/// already rings no more.
pub fn within_reach(
    reminders: &[DateTime<Utc>],
    now: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> {
    let near = move |at: &DateTime<Utc>| *at > now && *at <= now + AHEAD;
    reminders.iter().copied().filter(near)
}

/// The event of a task's reminder `at`, to be sent at that instant.
///
/// # Errors
///
/// When it can't be written as JSON.
pub fn due(
    task: &Task,
    at: DateTime<Utc>,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Event, serde_json::Error> {
    let payload = ReminderDue {
        task_id: task.id,
        title: task.fields.title.clone(),
        remind_at: Out(at),
        due_at: task.fields.due_at.map(Out),
        all_day_on: task.fields.all_day_on.map(Day),
    };
    let mut event = Event::new(id, task.user_id, task.id, now, &payload)?;
    event.available_at = Some(at);
    Ok(event)
}
