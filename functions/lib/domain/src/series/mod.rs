//! Recurring tasks: series, which make tasks.

mod change;
mod input;
mod new_task;
mod occurrences;
mod plan;
mod revise;
mod view;

#[cfg(test)]
mod tests;

pub use change::{Change, due};
pub use new_task::NewTask;
pub use occurrences::{OccurrenceView, OccurrencesQuery, OccurrencesView};
pub use plan::{Plan, Skipped};
pub use revise::{Made, OpenTask, Revision};
pub use view::SeriesView;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};
use uuid::Uuid;

use crate::recurrence::{Frequency, Occurrence, Rule, Schedule, Until, Zone};
use crate::task::{Priority, Status, TaskFields};

/// A series, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// UUIDv7: in the order of creation.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// What a person may write.
    pub fields: SeriesFields,
    /// How far it has come.
    pub progress: Progress,
    /// From 1, one more with every change of `fields`.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its fields last changed.
    pub updated_at: DateTime<Utc>,
}

/// How far a series has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The latest date whose occurrence was made or skipped.
    pub last_on: Option<NaiveDate>,
    /// How many occurrences were made.
    pub made: u32,
    /// When the next one to be made is due. `None`: none is known, because the
    /// series has ended, is not active, or waits for something to be done.
    pub next_due_at: Option<DateTime<Utc>>,
    /// When it last made one.
    pub last_created_at: Option<DateTime<Utc>>,
}

/// The fields of a series that a person may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesFields {
    /// The title of its tasks: 1 to 200 characters, without space around.
    pub title: String,
    /// Their description, at most 10,000 characters.
    pub description: String,
    /// Their priority.
    pub priority: Priority,
    /// Their tags, at most 20, each of 1 to 40 characters, none twice.
    pub tags: Vec<String>,
    /// On which dates.
    pub repeat: Repeat,
    /// What happens to what was missed, and from where the next one is counted.
    pub mode: Mode,
    /// In whose local time.
    pub time_zone: Zone,
    /// From when on, and at which local time of day.
    pub start_date: DateTime<Utc>,
    /// Until when; an instant or a day.
    pub end_date: Option<Until>,
    /// How many occurrences there are at most. Excludes `end_date`.
    pub count: Option<u32>,
    /// Whether it makes tasks.
    pub is_active: bool,
    /// How many minutes before each is due its person is reminded. At most 10,
    /// descending, none twice.
    pub remind_before: Vec<u32>,
}

/// On which dates a series recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// By plain fields.
    Plain {
        /// `recurrence_type`.
        frequency: Frequency,
        /// `recurrence_interval`, from 1.
        interval: u32,
        /// Of a weekly series: none means that of the start.
        weekdays: Vec<Weekday>,
        /// Of a monthly or yearly one: 1 to 31, or -1 for the last day. `None`:
        /// that of the start.
        month_day: Option<i32>,
    },
    /// By a rule of RFC 5545.
    Rule {
        /// As the person wrote it.
        text: String,
        /// What it says.
        rule: Rule,
    },
}

/// What happens to what was missed, and from where the next one is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Every date of the rule counts. Of those that were missed the latest is
    /// made, the others are skipped.
    #[default]
    Fixed,
    /// What was missed is skipped; the next one lies in the future.
    NextFuture,
    /// The next one is counted from the day on which the one before was done.
    AfterCompletion,
}

impl Mode {
    /// Its name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::NextFuture => "next_future",
            Self::AfterCompletion => "after_completion",
        }
    }

    /// The mode of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Fixed, Self::NextFuture, Self::AfterCompletion]
            .into_iter()
            .find(|mode| mode.name() == name)
    }
}

impl SeriesFields {
    /// When its tasks are due, by the rule and the start alone.
    pub fn schedule(&self) -> Schedule {
        self.schedule_from(self.start_date).at_most(self.count)
    }

    /// The rule counted anew from another instant, at the same time of day. It
    /// ends when the series does; how many came before it does not know.
    fn counted_from(&self, instant: DateTime<Utc>) -> Schedule {
        let time = self.time_zone.local(self.start_date).time();
        let local = self.time_zone.date(instant).and_time(time);
        let start = self.time_zone.instant(local);
        self.schedule_from(start).without_count()
    }

    fn schedule_from(&self, start: DateTime<Utc>) -> Schedule {
        Schedule::new(self.rule(), start, self.time_zone.clone()).until(self.end_date)
    }

    fn rule(&self) -> Rule {
        match &self.repeat {
            Repeat::Rule { rule, .. } => rule.clone(),
            Repeat::Plain {
                frequency,
                interval,
                weekdays,
                month_day,
            } => {
                let start = self.time_zone.date(self.start_date);
                Rule::simple(*frequency, *interval, weekdays, *month_day, start)
            }
        }
    }

    /// How many occurrences there are at most.
    fn most(&self) -> Option<u32> {
        self.count.or(self.rule().count())
    }

    /// What a task of the series says when it is made for `occurrence`.
    pub fn task(&self, occurrence: Occurrence) -> TaskFields {
        TaskFields {
            title: self.title.clone(),
            description: self.description.clone(),
            status: Status::Open,
            priority: self.priority,
            tags: self.tags.clone(),
            due_at: Some(occurrence.due_at),
            all_day_on: None,
            remind_at: self.remind_at(occurrence.due_at),
        }
    }

    /// When its person is reminded of what is due at `due_at`, ascending.
    pub fn remind_at(&self, due_at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let before = |minutes: &u32| due_at - TimeDelta::minutes((*minutes).into());
        self.remind_before.iter().map(before).collect()
    }
}
