use super::super::{Occurrence, Schedule};
use super::*;
use crate::instant::parse as instant;
use proptest::prelude::*;

fn zone() -> Zone {
    Zone::named("Europe/Brussels").unwrap()
}

fn part(text: &str) -> String {
    parse(text, &zone()).unwrap_err().part
}

/// The first dates of a rule that starts at `start`, as `MM-DD`.
fn dates(text: &str, start: &str, count: usize) -> Vec<String> {
    let rule = parse(text, &zone()).unwrap();
    let schedule = Schedule::new(rule, instant(start).unwrap(), zone());
    let date = |occurrence: Occurrence| occurrence.on.format("%m-%d").to_string();
    schedule.all().take(count).map(date).collect()
}

#[test]
fn a_part_that_is_unknown_wrong_or_finer_than_a_day_is_named() {
    for (text, name) in [
        ("", "RRULE"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=HOURLY", "FREQ"),
        ("FREQ=FORTNIGHTLY", "FREQ"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=+1", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=10001", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20250101", "COUNT"),
        ("FREQ=DAILY;UNTIL=20250230", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20250101Z", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20250101T2500Z", "UNTIL"),
        ("FREQ=WEEKLY;WKST=XX", "WKST"),
        ("FREQ=WEEKLY;BYDAY=MO,", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=54MO", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=äMO", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR"),
        ("FREQ=YEARLY;BYWEEKNO=1", "BYWEEKNO"),
        ("FREQ=YEARLY;BYEASTER=0", "BYEASTER"),
        ("FREQ=DAILY;COUNT", "COUNT"),
        ("RRULE:FREQ=DAILY\nRRULE:FREQ=DAILY", "RRULE"),
        ("EXDATE:20250101", "RRULE"),
        ("FREQ=DAILY\nEXDATE:tomorrow", "EXDATE"),
        (
            "FREQ=DAILY\nEXDATE;TZID=Asia/Tokyo:20250101T090000",
            "EXDATE;TZID",
        ),
        ("FREQ=DAILY\nDTSTART:20250101T090000Z", "DTSTART"),
        ("FREQ=DAILY\nRDATE:20250101", "RDATE"),
    ] {
        assert_eq!(part(text), name, "{text}");
    }
}

#[test]
fn months_without_the_day_are_skipped() {
    let rule = "FREQ=MONTHLY;BYMONTHDAY=31";
    let start = "2025-01-31T09:00:00Z";
    assert_eq!(dates(rule, start, 4), ["01-31", "03-31", "05-31", "07-31"]);
}

#[test]
fn weekdays_with_and_without_a_number_are_a_union() {
    let rule = "rrule:freq=monthly;byday=1mo,-1fr,tu;count=7";
    let start = "2025-09-01T09:00:00Z";
    let expected = [
        "09-01", "09-02", "09-09", "09-16", "09-23", "09-26", "09-30",
    ];
    assert_eq!(dates(rule, start, 9), expected);
}

#[test]
fn dates_left_out_still_count() {
    let rule = "RRULE:FREQ=DAILY;COUNT=5\r\nEXDATE;VALUE=DATE:20250102\r\n\
                EXDATE;TZID=Europe/Brussels:20250103T100000,20250104T090000\r\n";
    assert_eq!(dates(rule, "2025-01-01T09:00:00Z", 9), ["01-01", "01-05"]);
    // In UTC, half past eleven at night is tomorrow in Brussels.
    let rule = "FREQ=DAILY;COUNT=2\nEXDATE:20250101T233000Z";
    assert_eq!(dates(rule, "2025-01-01T09:00:00Z", 9), ["01-01"]);
}

#[test]
fn until_includes_its_own_instant_and_its_whole_day() {
    for (until, last) in [
        ("20250103", "01-03"),
        ("20250103T090000Z", "01-03"),
        ("20250103T085959Z", "01-02"),
        ("20250103T100000", "01-03"),
        ("20250103T095959", "01-02"),
    ] {
        let rule = format!("FREQ=DAILY;UNTIL={until}");
        let dates = dates(&rule, "2025-01-01T09:00:00Z", 9);
        assert_eq!(dates.last().unwrap(), last, "{until}");
    }
}

#[test]
fn a_position_counts_within_the_whole_period_even_where_the_start_cuts_it() {
    let rule = "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2";
    // A Thursday: Wednesday was the second one of its week.
    assert_eq!(dates(rule, "2025-01-02T09:00:00Z", 2), ["01-08", "01-15"]);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
        _ = parse(&text, &zone());
    }

    #[test]
    fn what_looks_like_a_rule_is_read_or_refused_and_its_search_ends(
        text in "FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(BYMONTH|BYMONTHDAY|BYSETPOS|BYDAY|INTERVAL)\
                 =-?[0-9]{1,4}(MO|SU)?){0,4}",
        start in 0i64..4_000_000_000,
    ) {
        if let Ok(rule) = parse(&text, &zone()) {
            let start = chrono::DateTime::from_timestamp(start, 0).unwrap();
            let schedule = Schedule::new(rule, start, zone());
            prop_assert!(schedule.all().take(20).is_sorted_by(|a, b| a.on < b.on));
        }
    }
}
