use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::*;

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The instants after `after` and before `until`, as UTC.
fn fired(text: &str, zone: Tz, after: &str, until: &str) -> Vec<String> {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let schedule = schedule(text);
    let mut now = at(after);
    let mut list = Vec::new();
    while let Some(next) = schedule.next_after(now, zone).filter(|t| *t < at(until)) {
        list.push(next.format("%m-%dT%H:%M:%S").to_string());
        now = next;
    }
    list
}

#[test]
fn fields_are_numbers_names_ranges_lists_and_steps() {
    let until = "2025-01-04T00:00:00Z";
    for (text, times) in [
        ("0 12 * * *", "01-02T12:00:00 01-03T12:00:00"),
        ("15 30 9 2 JAN ?", "01-02T09:30:15"),
        (
            "0 6-10/2 2 1 *",
            "01-02T06:00:00 01-02T08:00:00 01-02T10:00:00",
        ),
        ("0 16/4 * * fri", "01-03T16:00:00 01-03T20:00:00"),
        ("5,7 0 3 * *", "01-03T00:05:00 01-03T00:07:00"),
        ("@daily", "01-02T00:00:00 01-03T00:00:00"),
        ("59 59 23 3 1-2 *", "01-03T23:59:59"),
    ] {
        let seen = fired(text, Tz::UTC, "2025-01-01T23:00:00Z", until);
        assert_eq!(seen.join(" "), times, "{text}");
    }
}

#[test]
fn sunday_is_0_and_7() {
    let (after, until) = ("2025-01-01T00:00:00Z", "2025-01-15T00:00:00Z");
    for text in ["0 0 * * 0", "0 0 * * 7", "0 0 * * SUN", "@weekly"] {
        let seen = fired(text, Tz::UTC, after, until);
        assert_eq!(seen, ["01-05T00:00:00", "01-12T00:00:00"], "{text}");
    }
    assert_eq!(fired("0 0 * * 6-7", Tz::UTC, after, until).len(), 4);
    assert_eq!(fired("0 0 * * 0-7", Tz::UTC, after, until).len(), 13);
}

#[test]
fn restricted_fields_of_days_are_joined_by_or() {
    let (after, until) = ("2025-06-01T00:00:00Z", "2025-06-16T00:00:00Z");
    let seen = fired("0 0 13 * FRI", Tz::UTC, after, until);
    assert_eq!(seen, ["06-06T00:00:00", "06-13T00:00:00"]);
    let seen = fired("0 0 10 * FRI", Tz::UTC, after, until).len();
    assert_eq!(seen, 3);
    // A field that begins with `*` restricts nothing away from the other, as in Vixie cron.
    let seen = fired("0 0 */2 * FRI", Tz::UTC, after, until);
    assert_eq!(seen, ["06-13T00:00:00"]);
}

#[test]
fn a_leap_day_comes_when_there_is_one() {
    let seen = |text| {
        fired(
            text,
            Tz::UTC,
            "2096-02-29T00:00:00Z",
            "2133-01-01T00:00:00Z",
        )
    };
    assert_eq!(seen("0 0 29 2 *").len(), 8, "2100 is no leap year");
    // A field that begins with `*` narrows: of these, 2128 alone is a Sunday.
    assert_eq!(seen("0 0 29 2 */7").len(), 1);
}

#[test]
fn a_time_that_is_skipped_fires_once_after_the_gap() {
    // New York, 2025-03-09: 02:00 EST becomes 03:00 EDT at 07:00 UTC.
    let seen = |text| {
        fired(
            text,
            Tz::America__New_York,
            "2025-03-09T05:30:00Z",
            "2025-03-10T05:00:00Z",
        )
        .join(" ")
    };
    assert_eq!(seen("30 2 * * *"), "03-09T07:00:00");
    assert_eq!(seen("0 2 * * *"), "03-09T07:00:00");
    assert_eq!(seen("0,10,20 2 * * *"), "03-09T07:00:00");
    assert_eq!(seen("0 2,3 * * *"), "03-09T07:00:00");
    assert_eq!(seen("59 1 * * *"), "03-09T06:59:00");
    assert_eq!(seen("1 3 * * *"), "03-09T07:01:00");
    // Repeating: by the time that passes.
    assert_eq!(
        seen("*/30 1-4 * * *"),
        "03-09T06:00:00 03-09T06:30:00 03-09T07:00:00 03-09T07:30:00 \
        03-09T08:00:00 03-09T08:30:00"
    );
    // Asked in the middle of it all, the answer is the same.
    let schedule = schedule("30 2 * * *");
    let before = "2025-03-09T06:59:59.5Z".parse().unwrap();
    let gap = "2025-03-09T07:00:00Z".parse().unwrap();
    assert_eq!(
        schedule.next_after(before, Tz::America__New_York),
        Some(gap)
    );
    let next = "2025-03-10T06:30:00Z".parse().unwrap();
    assert_eq!(schedule.next_after(gap, Tz::America__New_York), Some(next));
}

#[test]
fn a_time_that_comes_twice_fires_the_first_time() {
    // Berlin, 2025-10-26: 03:00 CEST becomes 02:00 CET at 01:00 UTC.
    let seen =
        |text, after| fired(text, Tz::Europe__Berlin, after, "2025-10-26T03:00:00Z").join(" ");
    let evening = "2025-10-25T22:30:00Z";
    assert_eq!(seen("30 2 * * *", evening), "10-26T00:30:00");
    assert_eq!(
        seen("0 2,3 * * *", evening),
        "10-26T00:00:00 10-26T02:00:00"
    );
    assert_eq!(seen("30 2 * * *", "2025-10-26T00:30:00Z"), "");
    assert_eq!(
        seen("30 2 * * *", "2025-10-26T01:10:00Z"),
        "",
        "the second time"
    );
    let each =
        "10-26T00:00:00 10-26T00:30:00 10-26T01:00:00 10-26T01:30:00 10-26T02:00:00 10-26T02:30:00";
    assert_eq!(seen("*/30 2-3 * * *", evening), each);
}

#[test]
fn a_zone_may_skip_a_day_or_change_by_half_an_hour() {
    // Samoa went from the 29th of December 2011 to the 31st.
    let seen = fired(
        "0 12 30 12 *",
        Tz::Pacific__Apia,
        "2011-12-01T00:00:00Z",
        "2012-02-01T00:00:00Z",
    );
    assert_eq!(seen, ["12-30T10:00:00"]);
    // Lord Howe: 02:00 becomes 02:30 at 15:30 UTC.
    let seen = fired(
        "15 2 * * *",
        Tz::Australia__Lord_Howe,
        "2025-10-04T00:00:00Z",
        "2025-10-05T16:00:00Z",
    );
    assert_eq!(seen, ["10-04T15:30:00", "10-05T15:15:00"]);
}

#[test]
fn what_is_malformed_is_named_with_the_way_out() {
    for (text, expected) in [
        (
            "",
            "`` has 0 fields: write five (minute, hour, day of month, month, day of week), or six with the seconds first",
        ),
        (
            "0 0 9 * * 1 2030",
            "`0 0 9 * * 1 2030` has 7 fields: write five (minute, hour, day of month, month, day of week), or six with the seconds first",
        ),
        (
            "60 * * * *",
            "the minute `60` is malformed: write 0 to 59, ranges, lists and steps of these",
        ),
        (
            "* 24 * * *",
            "the hour `24` is malformed: write 0 to 23, ranges, lists and steps of these",
        ),
        (
            "* * * FOO *",
            "the month `FOO` is malformed: write 1 to 12 or JAN to DEC, ranges, lists and steps of these",
        ),
        (
            "* * 0 * *",
            "the day of month `0` is malformed: write 1 to 31, ranges, lists and steps of these",
        ),
        (
            "* * * * WEB",
            "the day of week `WEB` is malformed: write 0 to 7 (both Sunday) or SUN to SAT, ranges, lists and steps of these",
        ),
        (
            "+5 * * * *",
            "the minute `+5` is malformed: write 0 to 59, ranges, lists and steps of these",
        ),
        (
            "? * * * *",
            "the minute `?` is malformed: write 0 to 59, ranges, lists and steps of these",
        ),
        (
            "1, * * * *",
            "the minute `` is malformed: write 0 to 59, ranges, lists and steps of these",
        ),
        (
            "* 22-2 * * *",
            "the hour `22-2` ends before it begins: write two ranges, joined by a comma",
        ),
        (
            "*/0 * * * *",
            "the step in the minute `*/0` must be a number from 1: write `*/5`, say",
        ),
        (
            "* * L * *",
            "the day of month `L` holds `L`, which is not supported: let the schedule fire on more days, and the function choose among them",
        ),
        (
            "* * 15W * *",
            "the day of month `15W` holds `W`, which is not supported: let the schedule fire on more days, and the function choose among them",
        ),
        (
            "* * * * MON#2",
            "the day of week `MON#2` holds `#`, which is not supported: let the schedule fire on more days, and the function choose among them",
        ),
        (
            "* * * * 5L",
            "the day of week `5L` holds `L`, which is not supported: let the schedule fire on more days, and the function choose among them",
        ),
        (
            "@every 1h",
            "`@every 1h` is no schedule: write `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, or five fields",
        ),
        (
            "CRON_TZ=UTC 0 0 * * *",
            "`CRON_TZ=UTC 0 0 * * *` holds a time zone: write it into `time_zone`",
        ),
        (
            "0 0 30 2 *",
            "`0 0 30 2 *` never fires: none of its months has such a day",
        ),
    ] {
        assert_eq!(
            Schedule::parse(text).unwrap_err().to_string(),
            expected,
            "{text}"
        );
    }
    assert!(
        Schedule::parse("0 0 30 2 MON").is_ok(),
        "Mondays in February"
    );
}
