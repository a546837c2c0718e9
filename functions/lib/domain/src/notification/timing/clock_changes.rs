//! Quiet hours in nights on which clocks are set. What the database does with a time
//! on a wall is done here by another library: `later` is PostgreSQL's rule, a time
//! that comes twice is the second, and one that is left out comes as much later.

use chrono::{NaiveDateTime, NaiveTime};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::account::QuietHours;

const FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn on_the_wall(zone: &TimeZone, at: Timestamp) -> NaiveDateTime {
    let local = at.to_zoned(zone.clone()).datetime().to_string();
    NaiveDateTime::parse_from_str(&local, FORMAT).unwrap()
}

fn instant(zone: &TimeZone, wall: NaiveDateTime) -> Timestamp {
    let local: jiff::civil::DateTime = wall.format(FORMAT).to_string().parse().unwrap();
    zone.to_ambiguous_timestamp(local).later().unwrap()
}

fn hours(from: (u32, u32), until: (u32, u32)) -> QuietHours {
    let time = |(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    QuietHours {
        from: time(from),
        until: time(until),
    }
}

/// When something is shown that is made at `now`.
fn shown(zone: &TimeZone, hours: QuietHours, now: Timestamp) -> Timestamp {
    instant(zone, hours.first_loud(on_the_wall(zone, now))).max(now)
}

#[test]
fn a_night_on_which_clocks_are_set_ends_at_its_time_on_the_wall() {
    let night = hours((22, 0), (7, 0));
    for (name, now, end) in [
        // Forward: the night has an hour less.
        (
            "Europe/Brussels",
            "2025-03-29T22:00:00Z",
            "2025-03-30T05:00:00Z",
        ),
        (
            "America/New_York",
            "2025-03-09T04:00:00Z",
            "2025-03-09T11:00:00Z",
        ),
        // Back: an hour more, and both of the hours that come twice are quiet.
        (
            "Europe/Brussels",
            "2025-10-25T22:00:00Z",
            "2025-10-26T06:00:00Z",
        ),
        (
            "Europe/Brussels",
            "2025-10-26T00:30:00Z",
            "2025-10-26T06:00:00Z",
        ),
        (
            "Europe/Brussels",
            "2025-10-26T01:30:00Z",
            "2025-10-26T06:00:00Z",
        ),
        // Half an hour is a change as well.
        (
            "Australia/Lord_Howe",
            "2025-04-05T13:00:00Z",
            "2025-04-05T20:30:00Z",
        ),
    ] {
        let now: Timestamp = now.parse().unwrap();
        assert_eq!(
            shown(&zone(name), night, now).to_string(),
            end,
            "{name} {now}"
        );
    }
}

#[test]
fn an_end_that_comes_twice_is_the_second_and_one_that_is_left_out_comes_later() {
    let brussels = zone("Europe/Brussels");
    let short = hours((22, 0), (2, 30));
    for (now, end) in [
        ("2025-10-25T23:00:00Z", "2025-10-26T01:30:00Z"),
        ("2025-10-26T00:15:00Z", "2025-10-26T01:30:00Z"),
        ("2025-03-30T00:30:00Z", "2025-03-30T01:30:00Z"),
    ] {
        let now: Timestamp = now.parse().unwrap();
        assert_eq!(shown(&brussels, short, now).to_string(), end, "{now}");
    }
}

proptest! {
    #[test]
    fn whatever_the_zone_nothing_is_shown_in_quiet_hours(
        name in prop::sample::select(vec![
            "UTC", "Europe/Brussels", "America/New_York", "Australia/Lord_Howe",
            "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia",
        ]),
        // The years 2020 to 2029.
        second in 1_577_836_800i64..1_893_456_000,
        from in 0u32..24 * 60, length in 1u32..=12 * 60,
    ) {
        let until = (from + length) % (24 * 60);
        let hours = hours((from / 60, from % 60), (until / 60, until % 60));
        let zone = zone(name);
        let now = Timestamp::from_second(second).unwrap();
        let at = shown(&zone, hours, now);
        let wall = on_the_wall(&zone, at);
        prop_assert_eq!(hours.first_loud(wall), wall);
        prop_assert!(at >= now);
        prop_assert!(at.as_second() - now.as_second() <= 13 * 60 * 60);
    }
}
