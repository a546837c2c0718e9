use super::*;

#[test]
fn the_first_is_made_at_once_and_the_second_is_next_whatever_the_day_is() {
    for now in [
        "2024-06-01T00:00:00Z",
        "2025-01-01T09:00:00Z",
        "2026-11-21T17:00:00Z",
    ] {
        let (series, plan) = begun(weekly(json!({})), now);
        assert_eq!(made(&plan), ["2025-01-01"], "{now}");
        assert_eq!(next_due(&series).unwrap(), "2025-01-08T09:00:00Z", "{now}");
    }
}

#[test]
fn of_what_was_missed_a_fixed_series_makes_the_latest() {
    let now = "2026-11-21T17:00:00Z";
    let (series, _) = begun(weekly(json!({})), now);
    let plan = series.roll_forward(at(now));
    assert_eq!(made(&plan), ["2026-11-18"]);
    let skipped = plan.skipped.unwrap();
    assert_eq!(
        (skipped.first_on, skipped.last_on),
        (on("2025-01-08"), on("2026-11-11"))
    );
    assert_eq!(skipped.count, 97);
    let series = after(series, &plan);
    assert_eq!(next_due(&series).unwrap(), "2026-11-25T09:00:00Z");
    assert!(series.roll_forward(at(now)).is_empty());
}

#[test]
fn what_was_missed_is_skipped_where_the_next_one_lies_in_the_future() {
    let now = "2026-11-21T17:00:00Z";
    let (series, _) = begun(weekly(json!({"mode": "next_future"})), now);
    let plan = series.roll_forward(at(now));
    assert_eq!((made(&plan).len(), plan.skipped.unwrap().count), (0, 98));
    assert_eq!(
        next_due(&after(series, &plan)).unwrap(),
        "2026-11-25T09:00:00Z"
    );
}

#[test]
fn a_task_is_made_a_day_before_it_is_due_or_in_time_for_its_reminder() {
    let (series, _) = begun(weekly(json!({})), "2025-01-01T00:00:00Z");
    assert!(series.roll_forward(at("2025-01-07T08:59:59Z")).is_empty());
    assert_eq!(
        made(&series.roll_forward(at("2025-01-07T09:00:00Z"))),
        ["2025-01-08"]
    );
    let early = weekly(json!({"remind_before": [3 * 1440]}));
    let (series, _) = begun(early, "2025-01-01T00:00:00Z");
    assert!(series.roll_forward(at("2025-01-05T08:59:59Z")).is_empty());
    assert_eq!(
        made(&series.roll_forward(at("2025-01-05T09:00:00Z"))),
        ["2025-01-08"]
    );
}

#[test]
fn the_next_one_is_made_when_one_is_done_and_only_once() {
    let now = at("2025-01-02T00:00:00Z");
    let (series, _) = begun(weekly(json!({})), "2025-01-01T00:00:00Z");
    let plan = series.settled(on("2025-01-01"), now, now);
    assert_eq!(made(&plan), ["2025-01-08"]);
    let series = after(series, &plan);
    assert!(series.settled(on("2025-01-01"), now, now).is_empty());
    assert_eq!(next_due(&series).unwrap(), "2025-01-15T09:00:00Z");
}

#[test]
fn after_completion_counts_from_the_local_day_of_it() {
    let body = |with: Value| {
        let body = weekly(json!({"mode": "after_completion", "time_zone": "Asia/Tokyo"}));
        merged(body, with)
    };
    // Half past nine in the morning in Tokyo, on the 11th.
    let done = "2025-01-11T00:30:00Z";
    for (with, next) in [
        (
            json!({"recurrence_type": "daily", "recurrence_interval": 3}),
            "2025-01-14",
        ),
        (json!({}), "2025-01-18"),
        (json!({"weekdays": ["TU", "WE"]}), "2025-01-14"),
        (json!({"recurrence_type": "monthly"}), "2025-02-11"),
        (
            json!({"recurrence_type": "monthly", "month_day": 31}),
            "2025-02-28",
        ),
        (json!({"recurrence_type": "yearly"}), "2026-01-11"),
        (
            json!({"recurrence_type": "yearly", "month_day": 1}),
            "2026-01-01",
        ),
        (
            json!({"recurrence_type": null, "rrule": "FREQ=WEEKLY;INTERVAL=2"}),
            "2025-01-25",
        ),
    ] {
        let (series, first) = begun(body(with.clone()), "2025-01-01T00:00:00Z");
        assert_eq!(next_due(&series), None);
        assert!(series.roll_forward(at(done)).is_empty());
        let plan = series.settled(first.make[0].on, at(done), at(done));
        assert_eq!(made(&plan), [next], "{with}");
        // Six in the evening in Tokyo, as it began.
        let due_at = Out(plan.make[0].due_at).to_string();
        assert_eq!(due_at, format!("{next}T09:00:00Z"));
    }
}

#[test]
fn what_was_done_early_is_followed_by_a_later_date() {
    let body = weekly(json!({
        "mode": "after_completion", "recurrence_type": "monthly", "month_day": 15,
    }));
    let (series, first) = begun(body, "2025-01-01T00:00:00Z");
    assert_eq!(made(&first), ["2025-01-15"]);
    let plan = series.settled(
        on("2025-01-15"),
        at("2025-01-03T12:00:00Z"),
        at("2025-01-03T12:00:00Z"),
    );
    assert_eq!(made(&plan), ["2025-02-15"]);
}

#[test]
fn a_series_ends_by_count_by_instant_and_by_day() {
    let far = at("2027-01-01T00:00:00Z");
    for (with, last) in [
        (json!({"count": 3}), "2025-01-15"),
        (json!({"end_date": "2025-01-15T09:00:00Z"}), "2025-01-15"),
        (json!({"end_date": "2025-01-15T08:59:59Z"}), "2025-01-08"),
        (json!({"end_date": "2025-01-15"}), "2025-01-15"),
        (
            json!({"recurrence_type": null, "rrule": "FREQ=WEEKLY;COUNT=2"}),
            "2025-01-08",
        ),
    ] {
        let (series, _) = begun(weekly(with.clone()), "2025-01-01T00:00:00Z");
        let plan = series.roll_forward(far);
        assert_eq!(made(&plan), [last], "{with}");
        assert_eq!(plan.progress.next_due_at, None, "{with}");
        let done = after(series, &plan).settled(on(last), far, far);
        assert!(done.is_empty(), "{with}");
    }
}

#[test]
fn after_completion_counts_what_was_made() {
    let body = weekly(json!({"mode": "after_completion", "count": 2}));
    let (series, _) = begun(body, "2025-01-01T00:00:00Z");
    let now = at("2025-01-03T00:00:00Z");
    let plan = series.settled(on("2025-01-01"), now, now);
    assert_eq!(made(&plan), ["2025-01-10"]);
    let now = at("2025-01-12T00:00:00Z");
    assert!(
        after(series, &plan)
            .settled(on("2025-01-10"), now, now)
            .is_empty()
    );
}

#[test]
fn a_series_that_is_not_active_makes_nothing() {
    let (series, plan) = begun(weekly(json!({"is_active": false})), "2025-01-01T00:00:00Z");
    assert!(plan.is_empty());
    assert_eq!(next_due(&series), None);
    let now = at("2025-03-01T00:00:00Z");
    assert!(series.roll_forward(now).is_empty());
    assert!(series.settled(on("2025-01-01"), now, now).is_empty());
}
