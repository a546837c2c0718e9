//! What makes a case hard, to see that enough of each was generated.

use chrono::{DateTime, Datelike as _};
use domain::recurrence::Zone;

use super::case::{Answer, Case};

type IsThere = fn(&Case, &Answer) -> bool;

/// Difficulties by name.
pub(crate) const KINDS: [(&str, IsThere); 6] = [
    ("a leap day", |_, answer| {
        answer
            .iter()
            .any(|(on, _)| (on.month(), on.day()) == (2, 29))
    }),
    ("a last day of a month", |_, answer| {
        answer
            .iter()
            .any(|(on, _)| on.day() == u32::from(on.num_days_in_month()))
    }),
    ("a day that is clamped", |case, answer| {
        let day = case
            .fields
            .as_ref()
            .and_then(|plain| plain.month_day)
            .unwrap_or(0);
        answer
            .iter()
            .any(|(on, _)| i64::from(on.day()) < day.into())
    }),
    (
        "a change of the clocks between two occurrences",
        |case, answer| {
            let zone = Zone::named(&case.zone).unwrap();
            let times = answer.iter().map(|(_, due_at)| {
                let due_at = DateTime::from_timestamp(*due_at, 0).unwrap();
                zone.local(due_at) - due_at.naive_utc()
            });
            let mut offsets: Vec<_> = times.collect();
            offsets.dedup();
            offsets.len() > 1
        },
    ),
    ("a local time that is there twice", |case, answer| {
        answer
            .iter()
            .any(|(_, due_at)| case.second_instance(*due_at) != *due_at)
    }),
    ("a local time that does not exist", |case, answer| {
        let zone = Zone::named(&case.zone).unwrap();
        let local = |seconds| zone.local(DateTime::from_timestamp(seconds, 0).unwrap());
        let time = local(case.start).time();
        answer
            .iter()
            .any(|(_, due_at)| local(*due_at).time() != time)
    }),
];
