//! What happened, as it goes into the outbox (CloudEvents 1.0).

mod envelope;
mod known;
pub mod recurring;
pub mod schemas;

pub use envelope::{Envelope, Misfit};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::instant::Out;

/// Where this application's events come from.
const SOURCE: &str = "/todo";

/// A kind of event: its type, its topic, and the version of its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKind {
    /// The CloudEvents `type`, such as `todo.task.created`.
    pub name: &'static str,
    /// The topic that carries it.
    pub topic: &'static str,
    /// The number at the end of `dataschema`.
    pub schema: u16,
}

impl EventKind {
    /// `dataschema`: the name of what its data looks like.
    pub fn dataschema(&self) -> String {
        format!("urn:spindrift:schema:{}:{}", self.name, self.schema)
    }
}

/// What an event of one kind says. A schema describes it, and a test holds every
/// payload to its schema: what is written through [`Event::new`] fits.
pub trait Payload: Serialize {
    /// The kind whose events say this.
    const KIND: EventKind;
}

/// One event, not sent yet.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id, the same in every delivery.
    pub id: Uuid,
    /// What kind it is.
    pub kind: EventKind,
    /// The aggregate that it is about.
    pub subject: Uuid,
    /// Whose it is. Events of one person keep their order.
    pub user_id: Uuid,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// `traceparent` of the request that it comes from (W3C Trace Context).
    pub traceparent: Option<String>,
    /// Not to be sent before; `None`: at once.
    pub available_at: Option<DateTime<Utc>>,
    /// The `payload` member of its data.
    pub payload: Box<RawValue>,
}

#[derive(Serialize)]
struct Attributes<'a> {
    specversion: &'static str,
    id: Uuid,
    source: &'static str,
    r#type: &'static str,
    subject: Uuid,
    time: Out,
    datacontenttype: &'static str,
    dataschema: String,
    partitionkey: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    event_id: Uuid,
    event_type: String,
    timestamp: Out,
    user_id: Uuid,
    payload: &'a RawValue,
}

#[derive(Serialize)]
struct Record<'a> {
    topic: &'static str,
    key: Uuid,
    headers: Attributes<'a>,
    data: Data<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_at: Option<Out>,
}

impl Event {
    /// An event that says `payload`, to be sent at once.
    ///
    /// # Errors
    ///
    /// When the payload can't be written as JSON.
    pub fn new<P: Payload>(
        id: Uuid,
        user_id: Uuid,
        subject: Uuid,
        time: DateTime<Utc>,
        payload: &P,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id,
            kind: P::KIND,
            subject,
            user_id,
            time,
            traceparent: None,
            available_at: None,
            payload: to_raw_value(payload)?,
        })
    }

    /// The record as the outbox takes it: `topic`, `key` (events of one key keep
    /// their order), `headers` (the CloudEvents attributes by their plain names),
    /// `data`, and `available_at` where it is not to be sent at once.
    pub fn record(&self) -> impl Serialize + '_ {
        Record {
            topic: self.kind.topic,
            key: self.user_id,
            headers: Attributes {
                specversion: "1.0",
                id: self.id,
                source: SOURCE,
                r#type: self.kind.name,
                subject: self.subject,
                time: Out(self.time),
                datacontenttype: "application/json",
                dataschema: self.kind.dataschema(),
                partitionkey: self.user_id,
                traceparent: self.traceparent.as_deref(),
            },
            data: Data {
                event_id: self.id,
                event_type: event_type(self.kind.name),
                timestamp: Out(self.time),
                user_id: self.user_id,
                payload: &self.payload,
            },
            available_at: self.available_at.map(Out),
        }
    }
}

/// `todo.recurring-task.created` becomes `RECURRING_TASK_CREATED`.
fn event_type(name: &str) -> String {
    name.strip_prefix("todo.")
        .unwrap_or(name)
        .to_ascii_uppercase()
        .replace(['.', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, value::to_raw_value};

    #[test]
    fn a_record_is_a_cloudevent_beside_its_data() {
        let event = Event {
            id: Uuid::from_u128(1),
            kind: EventKind {
                name: "todo.recurring-task.created",
                topic: "todo-events",
                schema: 1,
            },
            subject: Uuid::from_u128(2),
            user_id: Uuid::from_u128(3),
            time: crate::instant::parse("2025-01-08T09:00:00Z").unwrap(),
            traceparent: None,
            available_at: None,
            payload: to_raw_value(&json!({"title": "x"})).unwrap(),
        };
        let later = Event {
            available_at: Some(event.time),
            ..event.clone()
        };
        let later = serde_json::to_value(later.record()).unwrap();
        assert_eq!(later["available_at"], "2025-01-08T09:00:00Z");
        let id = |n: u128| Uuid::from_u128(n).to_string();
        assert_eq!(
            serde_json::to_value(event.record()).unwrap(),
            json!({
                "topic": "todo-events",
                "key": id(3),
                "headers": {
                    "specversion": "1.0", "id": id(1), "source": "/todo",
                    "type": "todo.recurring-task.created", "subject": id(2),
                    "time": "2025-01-08T09:00:00Z", "datacontenttype": "application/json",
                    "dataschema": "urn:spindrift:schema:todo.recurring-task.created:1",
                    "partitionkey": id(3),
                },
                "data": {
                    "eventId": id(1), "eventType": "RECURRING_TASK_CREATED",
                    "timestamp": "2025-01-08T09:00:00Z", "userId": id(3),
                    "payload": {"title": "x"},
                },
            })
        );
    }
}
