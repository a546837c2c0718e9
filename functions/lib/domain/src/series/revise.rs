//! What a change of a series does to the tasks that it made.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Mode, Plan, Series, SeriesFields};
use crate::recurrence::Schedule;
use crate::task::TaskFields;

/// A task of the series that is not done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTask {
    /// Its id.
    pub id: Uuid,
    /// For which date it was made.
    pub occurrence_on: NaiveDate,
    /// What it says.
    pub fields: TaskFields,
}

/// The tasks that a series has made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made<'a> {
    /// All that are not done.
    pub open: &'a [OpenTask],
    /// The latest date whose task is done.
    pub done_on: Option<NaiveDate>,
}

/// What a change of a series asks for. What is done stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The tasks that say something else now, with what they say.
    pub rewrite: Vec<(Uuid, TaskFields)>,
    /// The tasks that lie in the future and are not what comes next any more: they
    /// are to be deleted.
    pub withdraw: Vec<Uuid>,
    /// What to make in their place.
    pub plan: Plan,
}

impl Series {
    /// What has to be done to the tasks that it made when this series gets the
    /// fields `after`. The new rhythm counts from now on: dates of it that have
    /// passed were never missed.
    pub fn revise(&self, after: &SeriesFields, made: Made<'_>, now: DateTime<Utc>) -> Revision {
        let rhythm_stays = self.fields.has_rhythm_of(after);
        let schedule = after.schedule();
        let behind = behind(&schedule, made, now);
        let next = next_that_are_open(&schedule, made, behind);
        let stays = |task: &&OpenTask| {
            rhythm_stays || is_overdue(task, now) || {
                let on = task.occurrence_on;
                let is_next = after.mode == Mode::AfterCompletion || next.contains(&on);
                after.places(&schedule, on) && (is_next || behind.is_some_and(|last| on <= last))
            }
        };
        let (kept, withdrawn): (Vec<_>, Vec<_>) = made.open.iter().partition(stays);
        let rewrite = kept.iter().filter_map(|task| {
            let fields = self.fields.carry_over(after, &schedule, task);
            (fields != task.fields).then_some((task.id, fields))
        });
        Revision {
            rewrite: rewrite.collect(),
            withdraw: withdrawn.iter().map(|task| task.id).collect(),
            plan: if rhythm_stays {
                Plan::of(self.progress)
            } else {
                self.with(after).resume(behind, &kept, withdrawn.len(), now)
            },
        }
    }

    fn with(&self, fields: &SeriesFields) -> Self {
        Self {
            fields: fields.clone(),
            ..self.clone()
        }
    }

    /// Goes on in a new rhythm, after what lies behind and what is kept.
    fn resume(
        mut self,
        behind: Option<NaiveDate>,
        kept: &[&OpenTask],
        withdrawn: usize,
        now: DateTime<Utc>,
    ) -> Plan {
        let open_on = kept.iter().map(|task| task.occurrence_on).max();
        self.progress.last_on = behind.max(open_on);
        let count = u32::try_from(withdrawn).unwrap_or(u32::MAX);
        self.progress.made = self.progress.made.saturating_sub(count);
        let plan = self.roll_forward(now);
        let lost_its_task = withdrawn > 0 || self.fields.mode == Mode::AfterCompletion;
        if self.fields.is_active && plan.make.is_empty() && kept.is_empty() && lost_its_task {
            self.make_next(plan, now)
        } else {
            plan
        }
    }
}

/// The latest date of a new schedule that has passed, or of a task that is done.
fn behind(schedule: &Schedule, made: Made<'_>, now: DateTime<Utc>) -> Option<NaiveDate> {
    let passed = schedule.all().take_while(|one| one.due_at <= now).last();
    passed.map(|one| one.on).max(made.done_on)
}

/// The dates that come next, as far as each has an open task. One that lies behind
/// a date without any is not among them: it would hide that date.
fn next_that_are_open(
    schedule: &Schedule,
    made: Made<'_>,
    behind: Option<NaiveDate>,
) -> Vec<NaiveDate> {
    let is_open = |on: &NaiveDate| made.open.iter().any(|task| task.occurrence_on == *on);
    let dates = schedule.after(behind).map(|one| one.on);
    dates.take_while(is_open).collect()
}

impl SeriesFields {
    /// Whether `other` is due at the same instants and goes on in the same way.
    fn has_rhythm_of(&self, other: &Self) -> bool {
        let rhythm = |fields: &Self| {
            let SeriesFields {
                repeat,
                mode,
                time_zone,
                start_date,
                end_date,
                count,
                is_active,
                ..
            } = fields.clone();
            (
                repeat, mode, time_zone, start_date, end_date, count, is_active,
            )
        };
        rhythm(self) == rhythm(other)
    }

    /// Whether a task may stand on the date `on`. Those of a series that counts
    /// from completion stand wherever that was, until it ends.
    fn places(&self, schedule: &Schedule, on: NaiveDate) -> bool {
        match self.mode {
            Mode::AfterCompletion => schedule.admits(schedule.occurrence(on)),
            Mode::Fixed | Mode::NextFuture => schedule.includes(on),
        }
    }

    /// What a task says when its series goes from these fields to `after`: what the
    /// change is about is taken over, what a person wrote into the task stays.
    fn carry_over(&self, after: &Self, schedule: &Schedule, task: &OpenTask) -> TaskFields {
        let on = task.occurrence_on;
        let made = self.task(self.schedule().occurrence(on));
        let mut now = after.task(schedule.occurrence(on));
        if !after.places(schedule, on) {
            // Overdue on a date that the series no longer has: its time stays.
            now.due_at = made.due_at;
            now.remind_at.clone_from(&made.remind_at);
        }
        let mut fields = task.fields.clone();
        take_over(&mut fields.title, &made.title, now.title);
        take_over(&mut fields.description, &made.description, now.description);
        take_over(&mut fields.priority, &made.priority, now.priority);
        take_over(&mut fields.tags, &made.tags, now.tags);
        if fields.all_day_on.is_none() {
            take_over(&mut fields.due_at, &made.due_at, now.due_at);
        }
        take_over(&mut fields.remind_at, &made.remind_at, now.remind_at);
        fields
    }
}

fn take_over<T: PartialEq>(field: &mut T, before: &T, after: T) {
    if *before != after {
        *field = after;
    }
}

fn is_overdue(task: &OpenTask, now: DateTime<Utc>) -> bool {
    task.fields.due_at.is_some_and(|due_at| due_at <= now)
}
