use super::*;
use crate::{reminder, task};

const NOW: &str = "2025-01-01T00:00:00Z";

fn new_tasks(series: &Series, plan: &Plan, now: &str) -> Vec<NewTask> {
    let id = || Uuid::from_u128(9);
    series
        .new_tasks(plan, at(now), Some("00-a-b-01"), id)
        .unwrap()
}

#[test]
fn each_occurrence_of_a_plan_becomes_a_task_that_is_told_of() {
    let (series, _) = begun(weekly(json!({"recurrence_type": "daily"})), NOW);
    let plan = series.roll_forward(at("2025-01-02T08:00:00Z"));
    let tasks = new_tasks(&series, &plan, "2025-01-02T08:00:00Z");
    let on: Vec<_> = tasks
        .iter()
        .filter_map(|new| new.task.occurrence_on)
        .collect();
    assert_eq!(on, plan.make.iter().map(|one| one.on).collect::<Vec<_>>());
    for new in &tasks {
        let kinds: Vec<_> = new.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [task::kinds::CREATED]);
        assert_eq!(new.events[0].traceparent.as_deref(), Some("00-a-b-01"));
        assert_eq!(new.task.recurring_task_id, Some(series.id));
    }
}

#[test]
fn a_reminder_that_is_near_is_published_with_its_task() {
    let (series, plan) = begun(weekly(json!({"remind_before": [0, 540]})), NOW);
    let tasks = new_tasks(&series, &plan, "2024-12-31T23:59:30Z");
    let events = &tasks[0].events;
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].kind, reminder::DUE);
    assert_eq!(events[1].available_at, Some(at(NOW)));
}

#[test]
fn a_series_goes_forward_as_early_as_its_tasks_are_made() {
    for (with, expected) in [
        (json!({}), Some("2025-01-07T09:00:00Z")),
        (
            json!({"remind_before": [2_880]}),
            Some("2025-01-06T09:00:00Z"),
        ),
        (json!({"mode": "after_completion"}), None),
        (json!({"count": 1}), None),
        (json!({"is_active": false}), None),
    ] {
        let (series, _) = begun(weekly(with.clone()), NOW);
        assert_eq!(series.roll_forward_at(), expected.map(at), "{with}");
    }
}

#[test]
fn nothing_is_left_to_do_before_the_instant_that_a_series_names() {
    let (series, _) = begun(weekly(json!({})), NOW);
    let from = series.roll_forward_at().unwrap();
    assert!(series.roll_forward(from - TimeDelta::seconds(1)).is_empty());
    let plan = series.roll_forward(from);
    assert_eq!(made(&plan), ["2025-01-08"]);
    assert!(after(series, &plan).roll_forward_at().unwrap() > from);
}
