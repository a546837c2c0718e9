mod new_tasks;
mod occurrences;
mod planning;
mod properties;
mod revising;

use super::*;
use crate::instant::{Out, parse};
use serde_json::{Value, json};

fn at(text: &str) -> DateTime<Utc> {
    parse(text).unwrap()
}

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn fields(body: Value) -> SeriesFields {
    SeriesFields::parse(body, "UTC").unwrap()
}

/// `body` with the members of `with` set.
pub(super) fn merged(mut body: Value, with: Value) -> Value {
    if let Value::Object(members) = with {
        for (name, value) in members {
            body[name] = value;
        }
    }
    body
}

/// The contract's example, with some members of it set.
fn weekly(with: Value) -> Value {
    let body = json!({
        "title": "x", "recurrence_type": "weekly", "start_date": "2025-01-01T09:00:00Z",
    });
    merged(body, with)
}

/// A new series, with what it made.
fn begun(body: Value, now: &str) -> (Series, Plan) {
    let id = Uuid::from_u128(7);
    let (change, plan) = Change::create(id, Uuid::from_u128(8), fields(body), at(now));
    (change.series, plan)
}

/// The series after a plan was carried out.
fn after(mut series: Series, plan: &Plan) -> Series {
    series.progress = plan.progress;
    series
}

fn made(plan: &Plan) -> Vec<String> {
    plan.make.iter().map(|one| one.on.to_string()).collect()
}

fn next_due(series: &Series) -> Option<String> {
    series
        .progress
        .next_due_at
        .map(|due_at| Out(due_at).to_string())
}

#[test]
fn what_get_gave_can_be_put_back() {
    for body in [
        weekly(json!({"weekdays": ["MO", "FR"], "end_date": "2026-01-01", "remind_before": [5]})),
        weekly(json!({"recurrence_type": null, "rrule": "FREQ=DAILY;COUNT=3", "tags": ["a"]})),
        weekly(
            json!({"recurrence_type": "yearly", "month_day": -1, "count": 9, "is_active": false}),
        ),
        weekly(json!({"end_date": "2026-01-01T00:00:00Z", "mode": "after_completion"})),
    ] {
        let (series, _) = begun(body, "2025-01-01T00:00:00Z");
        let view = serde_json::to_value(SeriesView(&series)).unwrap();
        assert_eq!(SeriesFields::parse(view, "Asia/Tokyo"), Ok(series.fields));
    }
}

#[test]
fn a_series_is_written_with_all_its_fields() {
    let (series, _) = begun(
        weekly(json!({"remind_before": [10]})),
        "2025-01-01T00:00:00Z",
    );
    let expected = json!({
        "id": "00000000-0000-0000-0000-000000000007", "title": "x", "description": "",
        "priority": 2, "tags": [], "recurrence_type": "weekly", "recurrence_interval": 1,
        "weekdays": [], "month_day": null, "rrule": null, "mode": "fixed", "time_zone": "UTC",
        "start_date": "2025-01-01T09:00:00Z", "end_date": null, "count": null,
        "is_active": true, "next_due_at": "2025-01-08T09:00:00Z",
        "last_created_at": "2025-01-01T00:00:00Z", "remind_before": [10], "version": 1,
        "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z",
    });
    assert_eq!(serde_json::to_value(SeriesView(&series)).unwrap(), expected);
}

#[test]
fn a_task_of_a_series_knows_its_date_and_its_reminders() {
    let (series, plan) = begun(
        weekly(json!({"remind_before": [0, 90]})),
        "2025-01-01T00:00:00Z",
    );
    let task = series
        .task(plan.make[0], Uuid::from_u128(9), at("2025-01-01T00:00:00Z"))
        .task;
    assert_eq!(task.recurring_task_id, Some(series.id));
    assert_eq!(task.occurrence_on, Some(on("2025-01-01")));
    assert_eq!(task.fields.due_at, Some(at("2025-01-01T09:00:00Z")));
    let reminders = ["2025-01-01T07:30:00Z", "2025-01-01T09:00:00Z"].map(at);
    assert_eq!(task.fields.remind_at, reminders);
}

#[test]
fn an_event_carries_the_series_and_one_that_is_due_names_its_task() {
    let now = at("2025-01-01T00:00:00Z");
    let (series, plan) = begun(weekly(json!({})), "2025-01-01T00:00:00Z");
    let change = Change::delete(series.clone());
    let event = change.event(now, None, Uuid::from_u128(1)).unwrap();
    let record = serde_json::to_value(event.record()).unwrap();
    assert_eq!(record["topic"], "todo-events");
    assert_eq!(record["data"]["eventType"], "RECURRING_TASK_DELETED");
    assert_eq!(record["data"]["payload"]["recurrence_type"], "weekly");

    let task = series.task(plan.make[0], Uuid::from_u128(9), now).task;
    let event = due(&series, &task, plan.make[0], now, None, Uuid::from_u128(1)).unwrap();
    let record = serde_json::to_value(event.record()).unwrap();
    assert_eq!(record["topic"], "reminders");
    assert_eq!(record["headers"]["type"], "todo.recurring-task.due");
    assert_eq!(record["headers"]["subject"], series.id.to_string());
    let expected = json!({
        "recurring_task_id": series.id, "task_id": task.id, "occurrence_on": "2025-01-01",
        "due_at": "2025-01-01T09:00:00Z", "title": "x",
    });
    assert_eq!(record["data"]["payload"], expected);
}
