//! What is made fits its schema, and what fits its schema can be read.

use jsonschema::Validator;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ALL, named};
use crate::account::{User, event as account};
use crate::event::recurring::{self, Series, SeriesDue};
use crate::event::{Envelope, Event, EventKind, Payload};
use crate::instant::{Day, Out, parse, parse_date};
use crate::reminder::{DueSoon, Overdue, ReminderDue};
use crate::task::{Change, Status, Task, TaskFields, TaskPayload};

fn schema_of(kind: EventKind) -> Value {
    let name = format!("{}.{}", kind.name, kind.schema);
    let schema = named(&name).unwrap_or_else(|| panic!("{name} has no schema"));
    serde_json::from_str(schema.text).unwrap()
}

fn validator(kind: EventKind) -> Validator {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&schema_of(kind))
        .unwrap()
}

fn check(event: &Event) -> Result<Value, String> {
    let data = serde_json::to_value(event.record()).unwrap()["data"].clone();
    match validator(event.kind).validate(&data) {
        Ok(()) => Ok(data),
        Err(error) => Err(format!("{}: {error} in {data}", event.kind.name)),
    }
}

fn task() -> Task {
    let fields = json!({
        "title": "x", "description": "more", "priority": 1, "tags": ["a", "b"],
        "due_at": "2025-01-08T09:00:00.5Z",
        "remind_at": ["2025-01-08T08:00:30Z", "2025-01-08T08:30:00Z"],
    });
    let now = parse("2025-01-08T08:00:00Z").unwrap();
    let fields = TaskFields::parse(fields).unwrap();
    Change::create(Uuid::now_v7(), Uuid::now_v7(), fields, now).task
}

fn new<P: Payload>(payload: &P) -> Event {
    let time = parse("2025-01-08T08:00:00Z").unwrap();
    Event::new(
        Uuid::now_v7(),
        Uuid::now_v7(),
        Uuid::now_v7(),
        time,
        payload,
    )
    .unwrap()
}

/// One of each kind that is made here.
fn made() -> Vec<Event> {
    let now = parse("2025-01-08T08:00:00Z").unwrap();
    let task = task();
    let created = Change::create(task.id, task.user_id, task.fields.clone(), now);
    let done = Change::set_status(&task, Status::Completed, now).unwrap();
    let again = Change::set_status(&done.task, Status::Open, now).unwrap();
    let fields = TaskFields {
        due_at: None,
        all_day_on: parse_date("2025-01-09"),
        ..task.fields.clone()
    };
    let all_day = Change::write(&task, fields, now).unwrap();
    let user = User::new(task.user_id, "a@b.example".into(), "Ann".into(), now);
    let session_id = Uuid::now_v7();
    let mut events = vec![
        new(&DueSoon::of(&task)),
        new(&Overdue::of(&all_day.task)),
        new(&SeriesDue {
            recurring_task_id: Uuid::now_v7(),
            task_id: task.id,
            title: "x".into(),
            occurrence_on: Day(parse_date("2025-01-08").unwrap()),
            due_at: Out(now),
        }),
        new(&account::SignedUp::from(&user)),
        new(&account::LoggedIn { session_id }),
        new(&account::LoggedOut { session_id }),
    ];
    for change in [created, done, again, all_day, Change::delete(task)] {
        events.extend(change.events(now, None, Uuid::now_v7).unwrap());
    }
    events
}

/// Reads an event's data as a handler does.
fn read<P: DeserializeOwned>(kind: EventKind, data: &Value) -> Result<P, String> {
    let data = data.to_string();
    let envelope = Envelope::read(kind, Some(&kind.dataschema()), data.as_bytes());
    envelope
        .and_then(|envelope| envelope.payload())
        .map_err(|error| error.to_string())
}

fn is_read(kind: EventKind, data: &Value) -> Result<(), String> {
    match kind.name {
        "todo.reminder.due" => read::<ReminderDue>(kind, data).map(drop),
        "todo.task.due-soon" => read::<DueSoon>(kind, data).map(drop),
        "todo.task.overdue" => read::<Overdue>(kind, data).map(drop),
        "todo.recurring-task.due" => read::<SeriesDue>(kind, data).map(drop),
        "todo.user.signed-up" => read::<account::SignedUp>(kind, data).map(drop),
        "todo.user.logged-in" => read::<account::LoggedIn>(kind, data).map(drop),
        "todo.user.logged-out" => read::<account::LoggedOut>(kind, data).map(drop),
        name if name.starts_with("todo.recurring-task.") => read::<Series>(kind, data).map(drop),
        _ => read::<TaskPayload>(kind, data).map(drop),
    }
}

#[test]
fn every_kind_has_a_schema_that_names_it_and_no_schema_is_left_over() {
    for kind in EventKind::ALL {
        let schema = schema_of(*kind);
        assert_eq!(schema["$id"], kind.dataschema());
        let expected = crate::event::event_type(kind.name);
        assert_eq!(schema["properties"]["eventType"]["const"], expected);
        assert!(jsonschema::meta::is_valid(&schema), "{}", kind.name);
    }
    for schema in ALL {
        let (kind, number) = schema.name.rsplit_once('.').unwrap();
        let kind = EventKind::named(kind).unwrap();
        assert!(
            number.parse::<u16>().unwrap() <= kind.schema,
            "{}",
            schema.name
        );
    }
}

#[test]
fn every_event_that_is_made_fits_its_schema_and_is_read_again() {
    let events = made();
    for event in &events {
        let data = check(event).unwrap();
        is_read(event.kind, &data).unwrap();
    }
    // The series itself is made elsewhere.
    let elsewhere = [recurring::CREATED, recurring::UPDATED, recurring::DELETED];
    for kind in EventKind::ALL {
        let is_made = events.iter().any(|event| event.kind == *kind);
        assert!(is_made || elsewhere.contains(kind), "{}", kind.name);
    }
}

#[test]
fn neither_schemas_nor_readers_let_through_what_lacks_a_member() {
    for event in made() {
        let data = check(&event).unwrap();
        let validator = validator(event.kind);
        for pointer in ["", "/payload"] {
            let names = data.pointer(pointer).unwrap().as_object().unwrap();
            for name in names.keys() {
                let mut broken = data.clone();
                let members = broken.pointer_mut(pointer).unwrap();
                members.as_object_mut().unwrap().remove(name);
                let place = format!("{} {pointer}/{name}", event.kind.name);
                assert!(!validator.is_valid(&broken), "{place}");
                assert!(is_read(event.kind, &broken).is_err(), "{place}");
            }
        }
    }
}

#[test]
fn all_events_of_a_task_and_all_of_a_series_carry_the_same() {
    for prefix in ["todo.task.", "todo.recurring-task."] {
        let on_topic =
            |kind: &&EventKind| kind.name.starts_with(prefix) && kind.topic == "todo-events";
        let payload = |kind: &EventKind| schema_of(*kind)["properties"]["payload"].clone();
        let mut payloads = EventKind::ALL.iter().filter(on_topic).map(payload);
        let first = payloads.next().unwrap();
        assert!(payloads.all(|other| other == first), "{prefix}");
    }
}

fn any_fields() -> impl Strategy<Value = TaskFields> {
    let text = |most: usize| proptest::collection::vec(any::<char>(), 1..most);
    let title = text(200).prop_map(|chars| chars.into_iter().collect::<String>());
    let tags = proptest::collection::vec("[a-zé]{1,40}", 0..20);
    let micros = -62_135_596_800_000_000i64..253_402_300_800_000_000;
    let instant =
        micros.prop_map(|micros| chrono::DateTime::from_timestamp_micros(micros).unwrap());
    let reminders = proptest::collection::vec(instant.clone(), 0..10);
    (
        title,
        tags,
        proptest::option::of(instant),
        reminders,
        1i64..=3,
    )
        .prop_filter_map("not a task", |(title, tags, due, reminders, priority)| {
            let text = |at: &chrono::DateTime<chrono::Utc>| Out(*at).to_string();
            let body = json!({
                "title": title, "tags": tags, "priority": priority,
                "due_at": due.as_ref().map(text),
                "remind_at": reminders.iter().map(text).collect::<Vec<_>>(),
            });
            TaskFields::parse(body).ok()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_a_person_writes_into_a_task_its_events_fit(fields in any_fields()) {
        let now = parse("2025-01-08T08:00:00Z").unwrap();
        let change = Change::create(Uuid::now_v7(), Uuid::now_v7(), fields, now);
        for event in change.events(now, None, Uuid::now_v7).unwrap() {
            let data = check(&event).map_err(TestCaseError::fail)?;
            prop_assert_eq!(is_read(event.kind, &data), Ok(()));
        }
        let due_soon = check(&new(&DueSoon::of(&change.task))).map_err(TestCaseError::fail)?;
        prop_assert_eq!(is_read(crate::reminder::DUE_SOON, &due_soon), Ok(()));
    }
}
