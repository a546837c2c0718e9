//! The turns that a task takes by itself as the time when it is due comes near.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{DueSoon, Overdue};
use crate::event::Event;
use crate::task::Task;

/// What becomes of an open task as time passes. Each is told once for each time that
/// a task is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is due within 24 hours, or on this day.
    DueSoon,
    /// It was due, or its day is over.
    Overdue,
}

impl Turn {
    /// Both, in the order in which a task takes them.
    pub const ALL: [Self; 2] = [Self::DueSoon, Self::Overdue];

    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::DueSoon => "due_soon",
            Self::Overdue => "overdue",
        }
    }

    /// How many hours before the instant when a task is due it comes.
    pub fn hours_before(self) -> i32 {
        match self {
            Self::DueSoon => 24,
            Self::Overdue => 0,
        }
    }

    /// With which midnight it comes for a task that is due on a day, where its person
    /// lives: that day's own is 0.
    pub fn days_after(self) -> i32 {
        match self {
            Self::DueSoon => 0,
            Self::Overdue => 1,
        }
    }

    /// How late it may be told. What is due in less than 24 hours is overdue after
    /// them; what has been overdue for longer than a week is no news.
    pub fn patience(self) -> TimeDelta {
        match self {
            Self::DueSoon => TimeDelta::days(1),
            Self::Overdue => TimeDelta::days(7),
        }
    }

    /// The event that `task` takes this turn, with the id `id`, to be sent at `at`.
    ///
    /// # Errors
    ///
    /// When it can't be written as JSON, which it always can.
    pub fn event(
        self,
        task: &Task,
        at: DateTime<Utc>,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Event, serde_json::Error> {
        let (user, task_id) = (task.user_id, task.id);
        let mut event = match self {
            Self::DueSoon => Event::new(id, user, task_id, now, &DueSoon::of(task)),
            Self::Overdue => Event::new(id, user, task_id, now, &Overdue::of(task)),
        }?;
        event.available_at = Some(at);
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::parse;
    use crate::notification::Kind;
    use crate::reminder::{DUE_SOON, OVERDUE};
    use crate::task::{Change, TaskFields};

    #[test]
    fn a_turn_is_told_of_the_time_that_the_task_has() {
        let now = parse("2025-01-07T09:00:00Z").unwrap();
        let due_at = parse("2025-01-08T09:00:00Z");
        let fields = TaskFields {
            title: "x".into(),
            due_at,
            ..TaskFields::default()
        };
        let task = Change::create(Uuid::from_u128(1), Uuid::from_u128(2), fields, now).task;
        for (turn, kind) in [(Turn::DueSoon, DUE_SOON), (Turn::Overdue, OVERDUE)] {
            let at = due_at.unwrap() - TimeDelta::hours(turn.hours_before().into());
            let event = turn.event(&task, at, Uuid::from_u128(3), now).unwrap();
            assert_eq!((event.kind, event.available_at), (kind, Some(at)));
            let record = serde_json::to_value(event.record()).unwrap();
            assert_eq!(record["data"]["payload"]["due_at"], "2025-01-08T09:00:00Z");
        }
    }

    #[test]
    fn a_turn_is_called_what_its_notification_is_called() {
        assert_eq!(Turn::DueSoon.name(), Kind::DueSoon.name());
        assert_eq!(Turn::Overdue.name(), Kind::Overdue.name());
    }
}
