//! Tasks.

mod change;
pub(crate) mod input;
mod list;
mod payload;
mod view;

pub use change::{Change, kinds};
pub use input::TaskFields;
pub use list::{Sort, SortKey, TaskQuery};
pub use payload::TaskPayload;
pub use view::TaskView;

use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

/// A task, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// UUIDv7: in the order of creation.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// What a person may write.
    pub fields: TaskFields,
    /// When it was completed; present exactly when it is.
    pub completed_at: Option<DateTime<Utc>>,
    /// The series that made it.
    pub recurring_task_id: Option<Uuid>,
    /// For which of the series' days it was made.
    pub occurrence_on: Option<NaiveDate>,
    /// From 1, one more with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// Whether there is still something to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// There is.
    #[default]
    Open,
    /// It is done.
    Completed,
}

impl Status {
    /// Its name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Completed]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// How urgent a task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// 1.
    High,
    /// 2.
    #[default]
    Medium,
    /// 3.
    Low,
}

impl Priority {
    /// Its number in the API and in the database.
    pub fn number(self) -> i16 {
        match self {
            Self::High => 1,
            Self::Medium => 2,
            Self::Low => 3,
        }
    }

    /// The priority of this number.
    pub fn of(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::High),
            2 => Some(Self::Medium),
            3 => Some(Self::Low),
            _ => None,
        }
    }
}

/// The moment for which what is overdue is worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub now: DateTime<Utc>,
    /// Its date in the person's time zone. All-day tasks alone ask for it.
    pub today: Option<NaiveDate>,
}

impl Task {
    /// Open, and its time is past: the instant of `due_at`, or the last of the
    /// day `all_day_on`.
    pub fn is_overdue(&self, moment: Moment) -> bool {
        let timed = self.fields.due_at.is_some_and(|due| due < moment.now);
        let all_day = match (self.fields.all_day_on, moment.today) {
            (Some(day), Some(today)) => day < today,
            _ => false,
        };
        self.fields.status == Status::Open && (timed || all_day)
    }

    /// Open, not overdue, and its time comes within 24 hours. An all-day task is
    /// due when its day ends, so it is due soon on that day.
    pub fn is_due_soon(&self, moment: Moment) -> bool {
        let soon = moment
            .now
            .checked_add_days(Days::new(1))
            .unwrap_or(moment.now);
        let timed = self
            .fields
            .due_at
            .is_some_and(|due| due >= moment.now && due <= soon);
        let all_day = self.fields.all_day_on.is_some() && self.fields.all_day_on == moment.today;
        self.fields.status == Status::Open && (timed || all_day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::{parse, parse_date};

    fn task(fields: TaskFields) -> Task {
        let now = parse("2025-01-01T00:00:00Z").unwrap();
        Change::create(Uuid::nil(), Uuid::nil(), fields, now).task
    }

    fn at(now: &str, today: &str) -> Moment {
        Moment {
            now: parse(now).unwrap(),
            today: parse_date(today),
        }
    }

    #[test]
    fn a_timed_task_is_due_soon_for_a_day_and_overdue_after_its_instant() {
        let due_at = parse("2025-01-08T09:00:00Z");
        let task = task(TaskFields {
            due_at,
            ..TaskFields::default()
        });
        for (now, soon, over) in [
            ("2025-01-07T08:59:59Z", false, false),
            ("2025-01-07T09:00:00Z", true, false),
            ("2025-01-08T09:00:00Z", true, false),
            ("2025-01-08T09:00:00.000001Z", false, true),
        ] {
            let moment = at(now, "2025-01-08");
            assert_eq!(
                (task.is_due_soon(moment), task.is_overdue(moment)),
                (soon, over),
                "{now}"
            );
        }
    }

    #[test]
    fn an_all_day_task_is_due_soon_on_its_day_and_overdue_on_the_next() {
        let all_day_on = parse_date("2025-01-08");
        let task = task(TaskFields {
            all_day_on,
            ..TaskFields::default()
        });
        for (today, soon, over) in [
            ("2025-01-07", false, false),
            ("2025-01-08", true, false),
            ("2025-01-09", false, true),
        ] {
            let moment = at("2025-01-08T12:00:00Z", today);
            assert_eq!(
                (task.is_due_soon(moment), task.is_overdue(moment)),
                (soon, over),
                "{today}"
            );
        }
    }

    #[test]
    fn what_is_done_is_never_overdue() {
        let due_at = parse("2020-01-01T00:00:00Z");
        let fields = TaskFields {
            due_at,
            status: Status::Completed,
            ..TaskFields::default()
        };
        let moment = at("2025-01-08T12:00:00Z", "2025-01-08");
        assert!(!task(fields.clone()).is_overdue(moment));
        assert!(!task(fields).is_due_soon(moment));
    }
}
