//! Times, on the person's clock: a Wednesday unless said otherwise.

use super::*;
use proptest::prelude::*;

fn at(day: u32, hour: u32, minute: u32) -> NaiveDateTime {
    let date = chrono::NaiveDate::from_ymd_opt(2025, 1, day).unwrap();
    date.and_hms_opt(hour, minute, 0).unwrap()
}

fn hours(from: u32, until: u32) -> QuietHours {
    QuietHours {
        from: NaiveTime::from_hms_opt(from, 0, 0).unwrap(),
        until: NaiveTime::from_hms_opt(until, 0, 0).unwrap(),
    }
}

fn prefer(quiet_hours: Option<QuietHours>, digest: Digest) -> Preferences {
    Preferences {
        quiet_hours,
        digest,
    }
}

#[test]
fn quiet_hours_over_midnight_end_on_the_right_morning() {
    let night = hours(22, 7);
    for (now, loud) in [
        (at(8, 21, 59), at(8, 21, 59)),
        (at(8, 22, 0), at(9, 7, 0)),
        (at(8, 23, 59), at(9, 7, 0)),
        (at(9, 0, 0), at(9, 7, 0)),
        (at(9, 6, 59), at(9, 7, 0)),
        (at(9, 7, 0), at(9, 7, 0)),
    ] {
        assert_eq!(night.first_loud(now), loud, "{now}");
    }
}

#[test]
fn quiet_hours_within_a_day_end_on_that_day() {
    let siesta = hours(13, 15);
    for (now, loud) in [
        (at(8, 12, 59), at(8, 12, 59)),
        (at(8, 13, 0), at(8, 15, 0)),
        (at(8, 15, 0), at(8, 15, 0)),
        (at(8, 23, 0), at(8, 23, 0)),
    ] {
        assert_eq!(siesta.first_loud(now), loud, "{now}");
    }
}

#[test]
fn a_reminder_waits_for_the_end_of_quiet_hours_and_not_for_a_summary() {
    let preferences = prefer(Some(hours(22, 7)), Digest::Weekly);
    let show = |now| showing(Kind::Reminder, preferences, now, None);
    assert_eq!(show(at(8, 12, 0)), Showing::Now);
    assert_eq!(show(at(8, 23, 0)), Showing::From(at(9, 7, 0)));
}

#[test]
fn what_nobody_asked_for_waits_for_the_summary() {
    for (digest, now, shown) in [
        (Digest::Off, at(8, 12, 0), Showing::Now),
        (Digest::Daily, at(8, 7, 59), Showing::From(at(8, 8, 0))),
        (Digest::Daily, at(8, 8, 0), Showing::Now),
        (Digest::Daily, at(8, 12, 0), Showing::From(at(9, 8, 0))),
        (Digest::Weekly, at(8, 12, 0), Showing::From(at(13, 8, 0))),
        (Digest::Weekly, at(13, 7, 0), Showing::From(at(13, 8, 0))),
        (Digest::Weekly, at(13, 9, 0), Showing::From(at(20, 8, 0))),
        (Digest::Weekly, at(12, 23, 0), Showing::From(at(13, 8, 0))),
    ] {
        for kind in [Kind::Overdue, Kind::Series] {
            let given = showing(kind, prefer(None, digest), now, Some(at(8, 6, 0)));
            assert_eq!(given, shown, "{digest:?} {now}");
        }
    }
}

#[test]
fn a_summary_within_quiet_hours_waits_for_their_end() {
    let preferences = prefer(Some(hours(23, 10)), Digest::Daily);
    assert_eq!(
        showing(Kind::Overdue, preferences, at(8, 12, 0), None),
        Showing::From(at(9, 10, 0))
    );
}

#[test]
fn what_would_come_after_the_task_is_due_is_not_shown() {
    let night = prefer(Some(hours(22, 7)), Digest::Off);
    let show = |due| showing(Kind::DueSoon, night, at(8, 23, 0), Some(due));
    assert_eq!(show(at(9, 6, 30)), Showing::Never);
    assert_eq!(show(at(9, 7, 0)), Showing::Never);
    assert_eq!(show(at(9, 7, 1)), Showing::From(at(9, 7, 0)));
    // Late after a stop, but not held: it is shown.
    let late = showing(Kind::DueSoon, night, at(8, 12, 0), Some(at(8, 11, 0)));
    assert_eq!(late, Showing::Now);
}

#[test]
fn security_and_welcome_come_at_any_hour() {
    let preferences = prefer(Some(hours(22, 7)), Digest::Weekly);
    for kind in [Kind::Security, Kind::Welcome] {
        assert_eq!(showing(kind, preferences, at(8, 23, 0), None), Showing::Now);
    }
}

fn any_preferences() -> impl Strategy<Value = Preferences> {
    let quiet = proptest::option::of(
        (0u32..24, 0u32..24)
            .prop_filter("two different times", |(from, until)| from != until)
            .prop_map(|(from, until)| hours(from, until)),
    );
    let digest = prop_oneof![Just(Digest::Off), Just(Digest::Daily), Just(Digest::Weekly)];
    (quiet, digest).prop_map(|(quiet, digest)| prefer(quiet, digest))
}

proptest! {
    #[test]
    fn nothing_is_shown_in_quiet_hours_or_before_it_is_made_or_too_late(
        preferences in any_preferences(), day in 1u32..=31, hour in 0u32..24, minute in 0u32..60,
    ) {
        let now = at(day, hour, minute);
        for kind in [Kind::Reminder, Kind::Overdue, Kind::Series] {
            let at = match showing(kind, preferences, now, None) {
                Showing::Now => now,
                Showing::From(at) => at,
                Showing::Never => panic!("only what comes too late is never shown"),
            };
            prop_assert!(at >= now);
            prop_assert!(at - now <= chrono::TimeDelta::days(8));
            if let Some(hours) = preferences.quiet_hours {
                prop_assert_eq!(hours.first_loud(at), at);
            }
        }
    }
}
