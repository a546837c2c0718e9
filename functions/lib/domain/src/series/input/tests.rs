use super::*;
use crate::recurrence::Frequency;
use crate::series::tests::merged;
use chrono::Weekday;
use proptest::prelude::*;
use serde_json::json;

const OWN: &str = "Europe/Brussels";
const START: &str = "2025-01-01T09:00:00Z";

/// A valid body with some members of it set.
fn body(with: Value) -> Value {
    let body = json!({"title": "x", "recurrence_type": "weekly", "start_date": START});
    merged(body, with)
}

fn parse(with: Value) -> SeriesFields {
    SeriesFields::parse(body(with), OWN).unwrap()
}

fn pointers(body: Value) -> Vec<String> {
    let Err(Invalid(errors)) = SeriesFields::parse(body, OWN) else {
        return Vec::new();
    };
    errors.into_iter().map(|error| error.pointer).collect()
}

#[test]
fn a_title_a_type_and_a_start_are_enough() {
    let fields = parse(json!({"title": " x "}));
    let repeat = Repeat::Plain {
        frequency: Frequency::Weekly,
        interval: 1,
        weekdays: Vec::new(),
        month_day: None,
    };
    let expected = SeriesFields {
        title: "x".into(),
        description: String::new(),
        priority: crate::task::Priority::Medium,
        tags: Vec::new(),
        repeat,
        mode: Mode::Fixed,
        time_zone: Zone::named(OWN).unwrap(),
        start_date: instant::parse(START).unwrap(),
        end_date: None,
        count: None,
        is_active: true,
        remind_before: Vec::new(),
    };
    assert_eq!(fields, expected);
}

#[test]
fn every_mistake_is_reported_at_once() {
    let body = json!({
        "title": "", "description": 1, "priority": 0, "tags": [""], "time_zone": "Mars/Olympus",
        "recurrence_type": "hourly", "recurrence_interval": 0, "weekdays": ["MO", "monday"],
        "month_day": 0, "mode": "never", "start_date": "2025-01-01", "end_date": "soon",
        "count": 0, "is_active": "yes", "remind_before": [10, -1, 40_321], "nonsense": 1,
    });
    let mut given = pointers(body);
    given.sort_unstable();
    let all = [
        "/count",
        "/description",
        "/end_date",
        "/is_active",
        "/mode",
        "/month_day",
        "/nonsense",
        "/priority",
        "/recurrence_interval",
        "/recurrence_type",
        "/remind_before/1",
        "/remind_before/2",
        "/start_date",
        "/tags/0",
        "/time_zone",
        "/title",
        "/weekdays/1",
    ];
    assert_eq!(given, all);
    let required = ["/title", "/recurrence_type", "/start_date"];
    assert_eq!(pointers(json!({})), required);
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (with, pointer) in [
        (json!({"count": 3, "end_date": "2026-01-01"}), "/count"),
        (json!({"month_day": 3}), "/month_day"),
        (
            json!({"recurrence_type": "daily", "weekdays": ["MO"]}),
            "/weekdays",
        ),
        (json!({"rrule": "FREQ=DAILY"}), "/recurrence_type"),
        (
            json!({"recurrence_type": null, "rrule": "FREQ=DAILY;COUNT=2", "count": 2}),
            "/rrule",
        ),
        (
            json!({"recurrence_type": null, "rrule": "FREQ=HOURLY"}),
            "/rrule",
        ),
        (json!({"start_date": "1899-12-31T23:59:59Z"}), "/start_date"),
    ] {
        assert_eq!(pointers(body(with.clone())), [pointer], "{with}");
    }
}

#[test]
fn a_series_in_which_nothing_occurs_is_refused() {
    let never = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30";
    for (with, pointer) in [
        (json!({"end_date": "2024-12-31"}), "/end_date"),
        (
            json!({"weekdays": ["MO"], "end_date": "2025-01-03"}),
            "/end_date",
        ),
        (json!({"recurrence_type": null, "rrule": never}), "/rrule"),
    ] {
        assert_eq!(pointers(body(with.clone())), [pointer], "{with}");
    }
    assert_eq!(pointers(body(json!({"end_date": "2025-01-01"}))), [""; 0]);
}

#[test]
fn a_wrong_rule_is_told_by_its_part() {
    let with = body(json!({"recurrence_type": null, "rrule": "FREQ=DAILY;BYHOUR=9"}));
    let Invalid(errors) = SeriesFields::parse(with, OWN).unwrap_err();
    assert!(
        errors[0].detail.starts_with("BYHOUR "),
        "{}",
        errors[0].detail
    );
}

#[test]
fn what_is_a_set_comes_in_order_and_once() {
    let fields = parse(json!({
        "weekdays": ["SU", "MO", "SU"], "remind_before": [0, 60, 10, 60], "tags": ["a", "a"],
    }));
    let Repeat::Plain { weekdays, .. } = fields.repeat else {
        panic!("these are plain fields");
    };
    assert_eq!(weekdays, [Weekday::Mon, Weekday::Sun]);
    assert_eq!(fields.remind_before, [60, 10, 0]);
    assert_eq!(fields.tags, ["a"]);
}

#[test]
fn the_zone_is_the_persons_own_unless_another_is_named() {
    assert_eq!(parse(json!({})).time_zone.name(), OWN);
    let named = parse(json!({"time_zone": "asia/tokyo"}));
    assert_eq!(named.time_zone.name(), "Asia/Tokyo");
}

proptest! {
    #[test]
    fn no_body_makes_the_reader_panic(
        numbers in proptest::collection::vec(any::<i64>(), 4), text in "\\PC{0,20}",
        day in any::<f64>(), flag in any::<Option<bool>>(),
    ) {
        _ = SeriesFields::parse(json!({
            "title": text, "recurrence_type": "monthly", "recurrence_interval": numbers[0],
            "month_day": numbers[1], "count": numbers[2], "remind_before": [numbers[3], day],
            "start_date": START, "end_date": text, "is_active": flag, "weekdays": [text],
        }), OWN);
    }
}
