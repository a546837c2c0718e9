use super::*;

/// A weekly series on Wednesdays, its first task done, the second and third open.
fn under_way() -> (Series, Vec<OpenTask>) {
    let (series, _) = begun(
        weekly(json!({"remind_before": [2 * 10_080]})),
        "2025-01-01T10:00:00Z",
    );
    let now = at("2025-01-02T10:00:00Z");
    let plan = series.roll_forward(now);
    let open = plan.make.iter().zip(1..).map(|(occurrence, id)| OpenTask {
        id: Uuid::from_u128(id),
        occurrence_on: occurrence.on,
        fields: series.fields.task(*occurrence),
    });
    let open = open.collect();
    (after(series, &plan), open)
}

/// What is open, and the first one done.
fn with_open(open: &[OpenTask]) -> Made<'_> {
    let done_on = Some(on("2025-01-01"));
    Made { open, done_on }
}

fn revise(with: Value, now: &str) -> (Revision, Series) {
    let (series, open) = under_way();
    let body = merged(weekly(json!({"remind_before": [2 * 10_080]})), with);
    let (change, revision) =
        Change::write(&series, fields(body), with_open(&open), at(now)).unwrap();
    assert_eq!(
        (change.happened, change.series.version),
        (crate::event::recurring::UPDATED, 2)
    );
    (revision, change.series)
}

const NOW: &str = "2025-01-02T12:00:00Z";

#[test]
fn the_same_fields_are_no_change() {
    let (series, open) = under_way();
    assert_eq!(open.len(), 2);
    let same = series.fields.clone();
    assert_eq!(
        Change::write(&series, same, with_open(&open), at(NOW)),
        None
    );
}

#[test]
fn a_new_title_reaches_what_is_open_and_leaves_the_rhythm_alone() {
    let (revision, series) = revise(json!({"title": "y"}), NOW);
    let titles: Vec<_> = revision
        .rewrite
        .iter()
        .map(|(_, fields)| &fields.title)
        .collect();
    assert_eq!(titles, ["y", "y"]);
    assert!(revision.withdraw.is_empty() && revision.plan.is_empty());
    assert_eq!(series.progress, under_way().0.progress);
}

#[test]
fn what_a_person_wrote_into_a_task_stays() {
    let (series, mut open) = under_way();
    open[0].fields.title = "my own".into();
    let body = weekly(json!({"remind_before": [2 * 10_080], "priority": 1}));
    let (_, revision) = Change::write(&series, fields(body), with_open(&open), at(NOW)).unwrap();
    let (_, task) = &revision.rewrite[0];
    assert_eq!(
        (task.title.as_str(), task.priority),
        ("my own", Priority::High)
    );
}

#[test]
fn another_time_of_day_moves_what_is_open() {
    let (revision, _) = revise(json!({"start_date": "2025-01-01T10:00:00Z"}), NOW);
    assert!(revision.withdraw.is_empty() && revision.plan.is_empty());
    let times: Vec<_> = revision
        .rewrite
        .iter()
        .map(|(_, fields)| fields.due_at.unwrap())
        .collect();
    assert_eq!(
        times,
        ["2025-01-08T10:00:00Z", "2025-01-15T10:00:00Z"].map(at)
    );
}

#[test]
fn another_weekday_takes_back_what_is_not_done_and_makes_what_now_is_due() {
    let (revision, series) = revise(json!({"weekdays": ["FR"]}), NOW);
    assert_eq!(revision.withdraw.len(), 2);
    assert_eq!(made(&revision.plan), ["2025-01-03", "2025-01-10"]);
    assert_eq!(revision.plan.skipped, None);
    assert_eq!(next_due(&series).unwrap(), "2025-01-17T09:00:00Z");
}

#[test]
fn what_is_overdue_stays_where_it_is() {
    let (revision, _) = revise(
        json!({"weekdays": ["FR"], "title": "y"}),
        "2025-01-09T12:00:00Z",
    );
    assert_eq!(revision.withdraw, [Uuid::from_u128(2)]);
    let (id, task) = &revision.rewrite[0];
    assert_eq!(*id, Uuid::from_u128(1));
    assert_eq!(
        (task.due_at, task.title.as_str()),
        (Some(at("2025-01-08T09:00:00Z")), "y")
    );
    assert_eq!(made(&revision.plan), ["2025-01-10", "2025-01-17"]);
}

#[test]
fn an_earlier_end_takes_back_what_lies_after_it() {
    let (revision, series) = revise(json!({"end_date": "2025-01-08"}), NOW);
    assert_eq!(revision.withdraw, [Uuid::from_u128(2)]);
    assert!(revision.plan.make.is_empty());
    assert_eq!(next_due(&series), None);
}

#[test]
fn a_pause_keeps_what_is_open_and_its_end_makes_up_for_nothing() {
    let (revision, paused) = revise(json!({"is_active": false}), NOW);
    assert!(revision.withdraw.is_empty() && revision.plan.is_empty());
    assert_eq!(next_due(&paused), None);
    let again = fields(weekly(json!({})));
    let later = at("2025-03-01T00:00:00Z");
    let (change, revision) = Change::write(&paused, again, Made::default(), later).unwrap();
    assert!(revision.plan.is_empty());
    assert_eq!(next_due(&change.series).unwrap(), "2025-03-05T09:00:00Z");
}

#[test]
fn a_series_that_waits_for_completion_always_has_something_to_wait_for() {
    let (series, _) = begun(weekly(json!({"is_active": false})), NOW);
    let fields = fields(weekly(json!({"mode": "after_completion"})));
    let (change, revision) = Change::write(&series, fields, Made::default(), at(NOW)).unwrap();
    assert_eq!(made(&revision.plan), ["2025-01-08"]);
    assert_eq!(next_due(&change.series), None);
}

#[test]
fn a_date_that_now_comes_before_an_open_one_is_not_left_out() {
    let (revision, series) = revise(json!({"weekdays": ["WE", "FR"]}), NOW);
    // Friday the 3rd, then Wednesday the 8th again, when its time has come.
    assert_eq!(revision.withdraw.len(), 2);
    assert_eq!(
        made(&revision.plan),
        ["2025-01-03", "2025-01-08", "2025-01-10", "2025-01-15"]
    );
    assert_eq!(next_due(&series).unwrap(), "2025-01-17T09:00:00Z");
}

#[test]
fn what_was_done_early_is_not_made_again() {
    let (series, open) = under_way();
    let later = weekly(json!({"weekdays": ["WE"], "start_date": "2025-01-01T10:00:00Z"}));
    let done = Made {
        open: &open[1..],
        done_on: Some(on("2025-01-08")),
    };
    let (_, revision) = Change::write(&series, fields(later), done, at(NOW)).unwrap();
    assert!(revision.withdraw.is_empty() && revision.plan.is_empty());
}

#[test]
fn a_new_start_is_followed_by_all_that_its_reminders_ask_for() {
    let daily = weekly(json!({"recurrence_type": "daily"}));
    let now = at("2025-01-02T12:00:00Z");
    let series = begun(daily.clone(), "2025-01-01T00:00:00Z").0;
    let later = json!({"start_date": "2025-01-04T00:00:00Z", "remind_before": [4_320]});
    let (change, revision) =
        Change::write(&series, fields(merged(daily, later)), Made::default(), now).unwrap();
    assert_eq!(made(&revision.plan), ["2025-01-04", "2025-01-05"]);
    assert!(change.series.roll_forward(now).is_empty());
}
