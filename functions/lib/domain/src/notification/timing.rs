//! When a notification is shown.
//!
//! All times here are on the person's own clock; the database, which knows the
//! zones, turns instants into them and back. Where a clock is set back, a time that
//! comes twice means the second; where it is set forward, one that is left out means
//! as much later. So quiet hours can end an hour late on two nights a year, and
//! never early.

use chrono::{Datelike as _, Days, NaiveDateTime, NaiveTime, Weekday};

use super::Kind;
use crate::account::{Digest, QuietHours};

/// What a person prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// When nothing should ring.
    pub quiet_hours: Option<QuietHours>,
    /// How often a summary is wanted.
    pub digest: Digest,
}

/// From when on a notification is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// At once.
    Now,
    /// From this time on, on the person's clock.
    From(NaiveDateTime),
    /// Never: by then it would be wrong.
    Never,
}

/// When a summary comes, where the person lives.
const SUMMARY: NaiveTime = NaiveTime::from_hms_opt(8, 0, 0).unwrap();
/// The day of the weekly one.
const SUMMARY_DAY: Weekday = Weekday::Mon;

/// When a notification of this kind is shown that is made at `now`, about a task
/// that is `due`.
///
/// A reminder, and what a person was not asked about (security, welcome), never
/// waits for a summary; the rest does, for those who want one. Quiet hours hold
/// everything but the latter two until they end. What says that a task will be due
/// is not shown when the task is due by then: that it is overdue will be.
pub fn showing(
    kind: Kind,
    preferences: Preferences,
    now: NaiveDateTime,
    due: Option<NaiveDateTime>,
) -> Showing {
    let summarised = match kind {
        Kind::Security | Kind::Welcome => return Showing::Now,
        Kind::Reminder => now,
        Kind::DueSoon | Kind::Overdue | Kind::Series => next_summary(preferences.digest, now),
    };
    let quiet = preferences.quiet_hours;
    let at = quiet.map_or(summarised, |hours| hours.first_loud(summarised));
    match due {
        _ if at == now => Showing::Now,
        Some(due) if kind == Kind::DueSoon && due <= at => Showing::Never,
        _ => Showing::From(at),
    }
}

/// The time of the next summary; `now` for those who want none.
fn next_summary(digest: Digest, now: NaiveDateTime) -> NaiveDateTime {
    let every = match digest {
        Digest::Off => return now,
        Digest::Daily => 1,
        Digest::Weekly => 7,
    };
    let past_days = match digest {
        Digest::Weekly => now.weekday().days_since(SUMMARY_DAY).into(),
        _ => 0,
    };
    let latest = (now.date() - Days::new(past_days)).and_time(SUMMARY);
    if latest >= now {
        latest
    } else {
        latest + Days::new(every)
    }
}

impl QuietHours {
    /// The first time at `now` or after it that is not quiet.
    pub fn first_loud(self, now: NaiveDateTime) -> NaiveDateTime {
        let Self { from, until } = self;
        let time = now.time();
        let over_midnight = until < from;
        let quiet = if over_midnight {
            time >= from || time < until
        } else {
            time >= from && time < until
        };
        if !quiet {
            return now;
        }
        let tomorrow = u64::from(over_midnight && time >= from);
        (now.date() + Days::new(tomorrow)).and_time(until)
    }
}

#[cfg(test)]
mod clock_changes;
#[cfg(test)]
mod tests;
