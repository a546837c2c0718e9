//! Wrong ways to expand a case, each of which the oracle has to see.

use chrono::{Datelike as _, TimeDelta};

use super::case::{Answer, Case};

/// What comes of a case and of the right answer to it.
type Mistaken = fn(&Case, Answer) -> Answer;

/// Mistakes by name.
pub(crate) const MISTAKES: [(&str, Mistaken); 9] = [
    ("an occurrence is lost", |_, mut answer| {
        answer.pop();
        answer
    }),
    ("every occurrence is a second late", |_, answer| {
        let late = |(on, due_at): (_, i64)| (on, due_at + 1);
        answer.into_iter().map(late).collect()
    }),
    (
        "the first of two instances is taken for the second",
        |case, answer| {
            let second = |(on, due_at): (_, i64)| (on, case.second_instance(due_at));
            answer.into_iter().map(second).collect()
        },
    ),
    ("leap days do not exist", |_, answer| {
        let leaps = |(on, _): &(chrono::NaiveDate, i64)| (on.month(), on.day()) == (2, 29);
        answer.into_iter().filter(|one| !leaps(one)).collect()
    }),
    (
        "the day of the month drifts once it was clamped",
        |case, mut answer| {
            let mut day = 31;
            if case
                .fields
                .as_ref()
                .is_some_and(|plain| plain.frequency == "monthly")
            {
                for (on, due_at) in &mut answer {
                    let late = i64::from(on.day()) - day;
                    if late > 0 {
                        *on -= TimeDelta::days(late);
                        *due_at -= late * 86_400;
                    }
                    day = day.min(on.day().into());
                }
            }
            answer
        },
    ),
    ("BYSETPOS is not looked at", |case, answer| {
        without(case, answer, "BYSETPOS=")
    }),
    ("WKST is not looked at", |case, answer| {
        without(case, answer, "WKST=")
    }),
    ("UNTIL is not looked at", |case, answer| {
        without(case, answer, "UNTIL=")
    }),
    ("EXDATE is not looked at", |case, answer| {
        if case.exdates.is_empty() {
            return answer;
        }
        let exdates = Vec::new();
        Case {
            exdates,
            ..case.clone()
        }
        .expand()
    }),
];

/// What comes of the rule without one of its parts.
fn without(case: &Case, answer: Answer, part: &str) -> Answer {
    if !case.rrule.as_ref().is_some_and(|rule| rule.contains(part)) {
        return answer;
    }
    let drop = |rule: &String| {
        let kept = rule.split(';').filter(|one| !one.starts_with(part));
        kept.collect::<Vec<_>>().join(";")
    };
    Case {
        rrule: case.rrule.as_ref().map(drop),
        ..case.clone()
    }
    .expand()
}
