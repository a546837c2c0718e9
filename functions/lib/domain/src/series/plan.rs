//! What a series has to make, and how far it has come then.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Mode, Progress, Series};
use crate::recurrence::Occurrence;

/// How long before it is due a task of a series is made, at least: as long as a
/// task counts as due soon. A longer `remind_before` makes it earlier.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// What to do. Doing it twice is harmless: a series has one task for a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The occurrences to make a task of, in their order.
    pub make: Vec<Occurrence>,
    /// The occurrences that nothing is made of.
    pub skipped: Option<Skipped>,
    /// How far the series has come afterwards.
    pub progress: Progress,
}

/// Occurrences that were missed and are not made up for. However many there are,
/// they are one record: the dates lie on the series' schedule from `first_on` to
/// `last_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The first of them.
    pub first_on: NaiveDate,
    /// The last of them.
    pub last_on: NaiveDate,
    /// How many they are.
    pub count: u32,
}

impl Skipped {
    fn with(skipped: Option<Self>, occurrence: Occurrence) -> Self {
        let (first_on, count) = skipped.map_or((occurrence.on, 0), |it| (it.first_on, it.count));
        Self {
            first_on,
            last_on: occurrence.on,
            count: count + 1,
        }
    }
}

impl Plan {
    /// A plan that does nothing yet.
    pub(super) fn of(progress: Progress) -> Self {
        Self {
            make: Vec::new(),
            skipped: None,
            progress,
        }
    }

    /// Whether nothing is made or skipped.
    pub fn is_empty(&self) -> bool {
        self.make.is_empty() && self.skipped.is_none()
    }

    pub(super) fn make(&mut self, occurrence: Occurrence, now: DateTime<Utc>) {
        self.make.push(occurrence);
        self.progress.last_on = Some(occurrence.on);
        self.progress.made += 1;
        self.progress.last_created_at = Some(now);
    }

    fn skip(&mut self, occurrence: Occurrence) {
        self.skipped = Some(Skipped::with(self.skipped, occurrence));
        self.progress.last_on = Some(occurrence.on);
    }
}

impl Series {
    /// What the new series makes at once: its first occurrence, whenever that is.
    /// What else lies in the past is for [`roll_forward`](Self::roll_forward).
    pub fn begin(&self, now: DateTime<Utc>) -> Plan {
        let mut plan = Plan::of(self.progress);
        if self.fields.is_active
            && let Some(first) = self.fields.schedule().all().next()
        {
            plan.make(first, now);
        }
        self.look_ahead(plan)
    }

    /// What has to be made as time passes: what falls due within a day, or within
    /// the longest `remind_before`. What was missed is made or skipped as the mode
    /// says, so that days of downtime leave at most one late task.
    pub fn roll_forward(&self, now: DateTime<Utc>) -> Plan {
        let mut plan = Plan::of(self.progress);
        if !self.fields.is_active {
            return self.look_ahead(plan);
        }
        if self.progress.last_on.is_none() {
            plan = self.begin(now);
        }
        if self.fields.mode == Mode::AfterCompletion {
            return self.look_ahead(plan);
        }
        let schedule = self.fields.schedule();
        let mut remaining = schedule.after(plan.progress.last_on).peekable();
        let mut missed = None;
        while let Some(occurrence) = remaining.next_if(|one| one.due_at <= now) {
            if let Some(earlier) = missed.replace(occurrence) {
                plan.skip(earlier);
            }
        }
        match missed {
            Some(latest) if self.fields.mode == Mode::Fixed => plan.make(latest, now),
            Some(latest) => plan.skip(latest),
            None => {}
        }
        let horizon = now + self.ahead();
        while let Some(occurrence) = remaining.next_if(|one| one.due_at <= horizon) {
            plan.make(occurrence, now);
        }
        self.look_ahead(plan)
    }

    /// From when on [`roll_forward`](Self::roll_forward) has something to do. `None`:
    /// never, as things are.
    pub fn roll_forward_at(&self) -> Option<DateTime<Utc>> {
        let next = self.progress.next_due_at?;
        Some(next.checked_sub_signed(self.ahead()).unwrap_or(next))
    }

    /// What is made when the task of the date `on` was done, or deleted, at the
    /// instant `at`: the next one, unless that was made already. Being told of it
    /// again changes nothing.
    pub fn settled(&self, on: NaiveDate, at: DateTime<Utc>, now: DateTime<Utc>) -> Plan {
        let is_latest = self.progress.last_on.is_none_or(|last_on| on >= last_on);
        if !is_latest || !self.fields.is_active {
            return self.look_ahead(Plan::of(self.progress));
        }
        if self.fields.mode == Mode::AfterCompletion {
            let mut plan = Plan::of(self.progress);
            if let Some(next) = self.counted_from(at, on) {
                plan.make(next, now);
            }
            return self.look_ahead(plan);
        }
        let plan = self.roll_forward(now);
        if plan.make.is_empty() {
            self.make_next(plan, now)
        } else {
            plan
        }
    }

    /// The plan with the next occurrence made, however far away it is.
    pub(super) fn make_next(&self, mut plan: Plan, now: DateTime<Utc>) -> Plan {
        let schedule = self.fields.schedule();
        if let Some(next) = schedule.after(plan.progress.last_on).next() {
            plan.make(next, now);
        }
        self.look_ahead(plan)
    }

    /// The first occurrence after the day of `instant`, with the rule counted from
    /// there, and after the date `on`.
    fn counted_from(&self, instant: DateTime<Utc>, on: NaiveDate) -> Option<Occurrence> {
        let most = self.fields.most();
        if most.is_some_and(|most| self.progress.made >= most) {
            return None;
        }
        let after = on.max(self.fields.time_zone.date(instant));
        let schedule = self.fields.counted_from(instant);
        schedule.after(Some(after)).next()
    }

    /// How long before it is due something is made.
    fn ahead(&self) -> TimeDelta {
        let longest = self.fields.remind_before.iter().max();
        let reminder = longest.map_or(TimeDelta::zero(), |minutes| {
            TimeDelta::minutes((*minutes).into())
        });
        AHEAD.max(reminder)
    }

    /// The plan with its `next_due_at` told anew.
    pub(super) fn look_ahead(&self, mut plan: Plan) -> Plan {
        let waits = self.fields.mode == Mode::AfterCompletion && plan.progress.last_on.is_some();
        plan.progress.next_due_at = (self.fields.is_active && !waits)
            .then(|| self.fields.schedule().after(plan.progress.last_on).next())
            .flatten()
            .map(|next| next.due_at);
        plan
    }
}
