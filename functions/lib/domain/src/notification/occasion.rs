//! What is to be told of a task, and whether it still holds.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::Kind;
use crate::event::recurring::SeriesDue;
use crate::reminder::{DueSoon, Overdue, ReminderDue};
use crate::task::{Status, Task};

/// Something that came by itself and is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The task.
    pub task_id: Uuid,
    /// What is told of it.
    pub about: About,
}

/// What an occasion is about, and the time that the task had when it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// A reminder for this instant.
    Reminder(DateTime<Utc>),
    /// The task is due within 24 hours.
    DueSoon(Option<DateTime<Utc>>, Option<NaiveDate>),
    /// The task was due and is not done.
    Overdue(Option<DateTime<Utc>>, Option<NaiveDate>),
    /// A series made the task, due at this instant.
    Series(DateTime<Utc>),
}

impl Occasion {
    /// Which kind of notification tells of it.
    pub fn kind(&self) -> Kind {
        match self.about {
            About::Reminder(_) => Kind::Reminder,
            About::DueSoon(..) => Kind::DueSoon,
            About::Overdue(..) => Kind::Overdue,
            About::Series(_) => Kind::Series,
        }
    }

    /// Whether it holds for the task as it is now: nothing is told of one that is
    /// done, or that has another time than the one that was planned for.
    pub fn holds(&self, task: &Task) -> bool {
        let fields = &task.fields;
        let planned = match self.about {
            About::Reminder(at) => fields.remind_at.contains(&at),
            About::DueSoon(at, on) | About::Overdue(at, on) => {
                (at, on) == (fields.due_at, fields.all_day_on)
            }
            About::Series(_) => true,
        };
        planned && task.id == self.task_id && fields.status == Status::Open
    }

    /// The instant by which two tellings of the same are known: a day stands for
    /// its first instant in UTC.
    pub fn occurs_at(&self) -> Option<DateTime<Utc>> {
        match self.about {
            About::Reminder(at) | About::Series(at) => Some(at),
            About::DueSoon(at, on) | About::Overdue(at, on) => {
                at.or(on.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc()))
            }
        }
    }
}

impl From<ReminderDue> for Occasion {
    fn from(event: ReminderDue) -> Self {
        Self {
            task_id: event.task_id,
            about: About::Reminder(event.remind_at.0),
        }
    }
}

impl From<DueSoon> for Occasion {
    fn from(event: DueSoon) -> Self {
        let (at, on) = (event.due_at, event.all_day_on);
        Self {
            task_id: event.task_id,
            about: About::DueSoon(at.map(|at| at.0), on.map(|on| on.0)),
        }
    }
}

impl From<Overdue> for Occasion {
    fn from(event: Overdue) -> Self {
        let (at, on) = (event.due_at, event.all_day_on);
        Self {
            task_id: event.task_id,
            about: About::Overdue(at.map(|at| at.0), on.map(|on| on.0)),
        }
    }
}

impl From<SeriesDue> for Occasion {
    fn from(event: SeriesDue) -> Self {
        Self {
            task_id: event.task_id,
            about: About::Series(event.due_at.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::{parse, parse_date};
    use crate::task::{Change, TaskFields};

    fn instant(hour: u32) -> DateTime<Utc> {
        parse(&format!("2025-01-08T{hour:02}:00:00Z")).unwrap()
    }

    fn task() -> Task {
        let fields = TaskFields {
            title: "x".into(),
            due_at: Some(instant(12)),
            remind_at: vec![instant(10), instant(11)],
            ..TaskFields::default()
        };
        Change::create(Uuid::from_u128(1), Uuid::from_u128(2), fields, instant(8)).task
    }

    fn about(about: About) -> Occasion {
        Occasion {
            task_id: Uuid::from_u128(1),
            about,
        }
    }

    #[test]
    fn a_reminder_holds_while_the_task_has_it() {
        assert!(about(About::Reminder(instant(10))).holds(&task()));
        assert!(!about(About::Reminder(instant(9))).holds(&task()));
    }

    #[test]
    fn what_is_told_of_a_due_time_holds_while_the_task_has_that_time() {
        let day = parse_date("2025-01-08");
        for make in [About::DueSoon, About::Overdue] {
            assert!(about(make(Some(instant(12)), None)).holds(&task()));
            assert!(!about(make(Some(instant(13)), None)).holds(&task()));
            assert!(!about(make(None, day)).holds(&task()));
            let mut all_day = task();
            all_day.fields.due_at = None;
            all_day.fields.all_day_on = day;
            assert!(about(make(None, day)).holds(&all_day));
        }
    }

    #[test]
    fn nothing_holds_for_what_is_done() {
        let done = Change::set_status(&task(), Status::Completed, instant(9)).unwrap();
        for about_it in [
            About::Reminder(instant(10)),
            About::DueSoon(Some(instant(12)), None),
            About::Overdue(Some(instant(12)), None),
            About::Series(instant(12)),
        ] {
            assert!(about(about_it.clone()).holds(&task()));
            assert!(!about(about_it).holds(&done.task));
        }
    }

    #[test]
    fn a_day_is_known_by_its_first_instant() {
        let on = parse_date("2025-01-08");
        let occasion = about(About::DueSoon(None, on));
        assert_eq!(occasion.occurs_at(), parse("2025-01-08T00:00:00Z"));
    }
}
