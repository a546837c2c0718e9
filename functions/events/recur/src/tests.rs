use super::*;
use domain::instant::parse;
use domain::task::{Change, TaskFields};
use serde_json::{Value, json};

const DONE_AT: &str = "2025-01-08T08:00:00Z";
const TOLD_AT: &str = "2025-01-08T10:00:00Z";

/// What an event of `kind` about `task` asks for, when it is told at [`TOLD_AT`].
fn asks(kind: EventKind, task: domain::task::Task) -> Option<Settled> {
    let now = parse(TOLD_AT).unwrap();
    let change = Change {
        happened: vec![kind],
        ..Change::delete(task)
    };
    let events = change.events(now, None, || Uuid::from_u128(3)).unwrap();
    let record: Value = serde_json::to_value(events[0].record()).unwrap();
    let data = record["data"].to_string();
    let envelope = Envelope::read(
        kind,
        record["headers"]["dataschema"].as_str(),
        data.as_bytes(),
    )
    .unwrap();
    let payload = envelope.payload().unwrap();
    settled(kind, &envelope, &payload, None)
}

/// A task of a series, done at [`DONE_AT`] or open.
fn task_of_series(status: Status) -> domain::task::Task {
    let fields = TaskFields {
        status,
        ..TaskFields::parse(json!({"title": "x"})).unwrap()
    };
    let done_at = parse(DONE_AT).unwrap();
    let change = Change::create(Uuid::from_u128(1), Uuid::from_u128(2), fields, done_at);
    domain::task::Task {
        recurring_task_id: Some(Uuid::from_u128(7)),
        occurrence_on: NaiveDate::from_ymd_opt(2025, 1, 8),
        ..change.task
    }
}

#[test]
fn a_task_that_is_done_settles_its_date_when_it_was_done() {
    let asked = asks(task::COMPLETED, task_of_series(Status::Completed)).unwrap();
    assert_eq!(
        (asked.user, asked.series),
        (Uuid::from_u128(2), Uuid::from_u128(7))
    );
    assert_eq!(asked.on.to_string(), "2025-01-08");
    assert_eq!(asked.at, parse(DONE_AT).unwrap());
}

#[test]
fn an_open_task_that_is_deleted_settles_its_date_then() {
    let asked = asks(task::DELETED, task_of_series(Status::Open)).unwrap();
    assert_eq!(asked.at, parse(TOLD_AT).unwrap());
}

#[test]
fn a_task_that_was_done_settles_nothing_when_it_is_deleted() {
    assert!(asks(task::DELETED, task_of_series(Status::Completed)).is_none());
}

#[test]
fn a_task_of_no_series_settles_nothing() {
    let mut task = task_of_series(Status::Open);
    task.recurring_task_id = None;
    assert!(asks(task::DELETED, task).is_none());
}
