//! The second line of a notification.

use chrono::{NaiveDate, NaiveDateTime};

use super::Kind;

/// When a task is due, on its person's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At a time.
    At(NaiveDateTime),
    /// On a day.
    On(NaiveDate),
}

impl Due {
    /// The end of it: a task that is due on a day is not overdue before the next.
    pub fn end(self) -> Option<NaiveDateTime> {
        match self {
            Self::At(at) => Some(at),
            Self::On(day) => Some(day.succ_opt()?.and_time(chrono::NaiveTime::MIN)),
        }
    }
}

/// What to say about a task that is `due`, beside its title.
pub fn body(kind: Kind, due: Option<Due>) -> String {
    let Some(due) = due else {
        return String::new();
    };
    let when = match due {
        Due::At(at) => at.format("on %Y-%m-%d at %H:%M").to_string(),
        Due::On(day) => day.format("on %Y-%m-%d").to_string(),
    };
    match kind {
        Kind::Overdue => format!("Was due {when}."),
        Kind::Series => format!("The next of its series, due {when}."),
        _ => format!("Due {when}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_when_on_the_person_s_clock() {
        let day = NaiveDate::from_ymd_opt(2025, 1, 8).unwrap();
        let at = Due::At(day.and_hms_opt(9, 5, 30).unwrap());
        assert_eq!(
            body(Kind::Reminder, Some(at)),
            "Due on 2025-01-08 at 09:05."
        );
        assert_eq!(
            body(Kind::Overdue, Some(Due::On(day))),
            "Was due on 2025-01-08."
        );
        assert_eq!(body(Kind::Reminder, None), "");
    }

    #[test]
    fn a_day_ends_when_the_next_begins() {
        let day = NaiveDate::from_ymd_opt(2025, 12, 31).unwrap();
        let end = NaiveDate::from_ymd_opt(2026, 1, 1)
            .unwrap()
            .and_hms_opt(0, 0, 0);
        assert_eq!(Due::On(day).end(), end);
    }
}
