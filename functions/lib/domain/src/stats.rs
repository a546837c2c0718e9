//! What a person made and got done, day by day.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::instant::Day;

/// How many days the statistics look back, today among them.
pub const DAYS: u64 = 30;

/// How many tasks were made and completed on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayCount {
    /// The day, where the person lives.
    pub date: Day,
    /// Tasks that were made.
    pub created: i64,
    /// Tasks that were completed; one that was completed twice counts once.
    pub completed: i64,
}

/// The first day that is looked at.
pub fn since(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(today)
}

/// One entry for each day up to `today`, the oldest first: those of `counted`, and
/// zeros for days on which nothing happened. Other days are left out.
pub fn by_day(today: NaiveDate, counted: impl IntoIterator<Item = DayCount>) -> Vec<DayCount> {
    let counted: HashMap<_, _> = counted
        .into_iter()
        .map(|count| (count.date.0, count))
        .collect();
    let nothing = |date| DayCount {
        date: Day(date),
        created: 0,
        completed: 0,
    };
    since(today)
        .iter_days()
        .take_while(|date| *date <= today)
        .map(|date| counted.get(&date).copied().unwrap_or(nothing(date)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, month, day).unwrap()
    }

    fn count(date: NaiveDate, created: i64) -> DayCount {
        DayCount {
            date: Day(date),
            created,
            completed: 0,
        }
    }

    #[test]
    fn days_without_anything_are_there_with_zeros() {
        let days = by_day(date(3, 10), [count(date(3, 10), 2), count(date(2, 29), 5)]);
        assert_eq!(days.len(), 30);
        assert_eq!((days[0].date.0, days[0].created), (date(2, 10), 0));
        assert_eq!((days[19].date.0, days[19].created), (date(2, 29), 5));
        assert_eq!((days[29].date.0, days[29].created), (date(3, 10), 2));
    }

    #[test]
    fn what_is_older_or_not_yet_is_left_out() {
        let days = by_day(date(3, 10), [count(date(2, 9), 1), count(date(3, 11), 1)]);
        assert!(days.iter().all(|day| day.created == 0));
    }

    proptest! {
        #[test]
        fn the_days_follow_one_another(offset in 0u64..40_000) {
            let today = date(1, 1).checked_add_days(Days::new(offset)).unwrap();
            let days = by_day(today, []);
            prop_assert_eq!(days.len() as u64, DAYS);
            prop_assert_eq!(days.last().unwrap().date.0, today);
            for pair in days.windows(2) {
                prop_assert_eq!(pair[0].date.0.succ_opt(), Some(pair[1].date.0));
            }
        }
    }
}
