//! Wrong ways to expand a case, each of which the oracle has to see.

use chrono::{Datelike as _, TimeDelta};

use super::case::{Answer, Case};

type Mistaken = fn(&Case) -> Answer;

/// Mistakes by name.
pub(crate) const MISTAKES: [(&str, Mistaken); 9] = [
    ("an occurrence is lost", |case| {
        let mut answer = case.expand();
        answer.pop();
        answer
    }),
    ("every occurrence is a second late", |case| {
        let late = |(on, due_at): (_, i64)| (on, due_at + 1);
        case.expand().into_iter().map(late).collect()
    }),
    (
        "the first of two instances is taken for the second",
        |case| {
            let second = |(on, due_at): (_, i64)| (on, case.second_instance(due_at));
            case.expand().into_iter().map(second).collect()
        },
    ),
    ("leap days do not exist", |case| {
        let leaps = |(on, _): &(chrono::NaiveDate, i64)| (on.month(), on.day()) == (2, 29);
        case.expand()
            .into_iter()
            .filter(|one| !leaps(one))
            .collect()
    }),
    ("the day of the month drifts once it was clamped", |case| {
        let mut day = 31;
        let mut drifted = case.expand();
        if case
            .fields
            .as_ref()
            .is_some_and(|plain| plain.frequency == "monthly")
        {
            for (on, due_at) in &mut drifted {
                let late = i64::from(on.day()) - day;
                if late > 0 {
                    *on -= TimeDelta::days(late);
                    *due_at -= late * 86_400;
                }
                day = day.min(on.day().into());
            }
        }
        drifted
    }),
    ("BYSETPOS is not looked at", |case| {
        without(case, "BYSETPOS=")
    }),
    ("WKST is not looked at", |case| without(case, "WKST=")),
    ("UNTIL is not looked at", |case| without(case, "UNTIL=")),
    ("EXDATE is not looked at", |case| {
        Case {
            exdates: Vec::new(),
            ..case.clone()
        }
        .expand()
    }),
];

/// What comes of the rule without one of its parts.
fn without(case: &Case, part: &str) -> Answer {
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
