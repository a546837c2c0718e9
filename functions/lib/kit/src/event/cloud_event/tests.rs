//! Both modes, and what is wrong with either.

use domain::account::event::{LOGGED_IN, LoggedIn};
use serde_json::{Value, json};

use super::*;
use crate::event::request_of::event;

const DATA: &str = r#"{"eventId": "0197f0c1-7d3a-7c52-9a41-5b0f2c1d8e90",
    "eventType": "USER_LOGGED_IN", "timestamp": "2025-01-08T09:00:00Z",
    "userId": "0197f0c1-7d3a-7c52-9a41-5b0f2c1d8e91",
    "payload": {"session_id": "0197f0c1-7d3a-7c52-9a41-5b0f2c1d8e92"}}"#;
const SCHEMA: &str = "urn:spindrift:schema:todo.user.logged-in:1";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers() -> Vec<(&'static str, &'static str)> {
    vec![
        ("content-type", "application/json; charset=utf-8"),
        ("ce-specversion", "1.0"),
        ("ce-id", "e%201"),
        ("ce-source", "/todo"),
        ("ce-type", "todo.user.logged-in"),
        ("ce-subject", "caf%C3%A9"),
        ("ce-time", "2025-01-08T09:00:00Z"),
        ("ce-dataschema", SCHEMA),
        ("ce-partitionkey", "p"),
        ("traceparent", TRACE),
    ]
}

fn structured() -> Value {
    json!({
        "specversion": "1.0", "id": "e 1", "source": "/todo", "type": "todo.user.logged-in",
        "subject": "café", "time": "2025-01-08T09:00:00Z", "datacontenttype": "application/json",
        "dataschema": SCHEMA, "traceparent": TRACE, "sequence": 7, "unset": null,
        "data": serde_json::from_str::<Value>(DATA).unwrap(),
    })
}

fn of_structured(event_: &Value) -> Result<CloudEvent, Problem> {
    let content_type = "application/cloudevents+json; charset=UTF-8";
    CloudEvent::of(&event(
        &[("content-type", content_type)],
        &event_.to_string(),
    ))
}

fn refused(result: Result<CloudEvent, Problem>) -> u16 {
    result.unwrap_err().kind().status.as_u16()
}

#[test]
fn both_modes_carry_the_same_event() {
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, DATA);
    let mut in_base64 = structured();
    in_base64.as_object_mut().unwrap().remove("data");
    in_base64["data_base64"] = json!(encoded);
    for arrived in [
        CloudEvent::of(&event(&headers(), DATA)).unwrap(),
        of_structured(&structured()).unwrap(),
        of_structured(&in_base64).unwrap(),
    ] {
        assert_eq!((arrived.id(), arrived.source()), ("e 1", "/todo"));
        assert_eq!(arrived.subject(), Some("café"));
        assert_eq!(arrived.kind(), Some(LOGGED_IN));
        assert_eq!(arrived.traceparent(), Some(TRACE));
        let envelope = arrived.envelope(LOGGED_IN).unwrap();
        assert!(envelope.payload::<LoggedIn>().is_ok());
    }
}

#[test]
fn an_event_without_what_it_needs_is_malformed() {
    for name in ["ce-specversion", "ce-id", "ce-source", "ce-type"] {
        let without = |(key, _): &(&str, &str)| *key != name;
        let rest: Vec<_> = headers().into_iter().filter(without).collect();
        assert_eq!(refused(CloudEvent::of(&event(&rest, DATA))), 400, "{name}");
        let mut structured = structured();
        let member = name.strip_prefix("ce-").unwrap();
        structured.as_object_mut().unwrap().remove(member);
        assert_eq!(refused(of_structured(&structured)), 400, "{member}");
        structured[member] = json!("");
        assert_eq!(refused(of_structured(&structured)), 400, "{member}");
    }
}

#[test]
fn attributes_that_are_wrong_are_refused() {
    for (name, value) in [
        ("ce-specversion", "0.3"),
        ("ce-time", "yesterday"),
        ("ce-id", "second"),
        ("ce-extension", "100%"),
    ] {
        let mut headers = headers();
        if name == "ce-specversion" || name == "ce-time" {
            headers.retain(|(key, _)| *key != name);
        }
        headers.push((name, value));
        assert_eq!(
            refused(CloudEvent::of(&event(&headers, DATA))),
            400,
            "{name}"
        );
    }
}

#[test]
fn data_that_is_no_json_is_refused() {
    assert_eq!(refused(CloudEvent::of(&event(&headers(), "{"))), 400);
    let mut text = headers();
    text[0].1 = "text/plain";
    assert_eq!(refused(CloudEvent::of(&event(&text, DATA))), 415);
    let batch = [("content-type", "application/cloudevents-batch+json")];
    assert_eq!(refused(CloudEvent::of(&event(&batch, "[]"))), 415);
    let mut xml = structured();
    xml["datacontenttype"] = json!("application/xml");
    assert_eq!(refused(of_structured(&xml)), 415);
}

#[test]
fn structured_events_that_are_wrong_are_refused() {
    let mut both = structured();
    both["data_base64"] = json!("e30=");
    let mut neither = structured();
    neither.as_object_mut().unwrap().remove("data");
    let mut nested = structured();
    nested["extension"] = json!({});
    let mut broken = structured();
    broken.as_object_mut().unwrap().remove("data");
    broken["data_base64"] = json!("not base64!");
    for event in [both, neither, nested, broken, json!([]), json!("x")] {
        assert_eq!(refused(of_structured(&event)), 400, "{event}");
    }
}

#[test]
fn data_that_does_not_fit_its_schema_is_understood_and_refused() {
    let arrived = CloudEvent::of(&event(&headers(), "{}")).unwrap();
    assert_eq!(
        arrived.envelope(LOGGED_IN).unwrap_err().kind(),
        Kind::INVALID_FIELDS
    );
    let mut newer = headers();
    newer.retain(|(name, _)| *name != "ce-dataschema");
    newer.push((
        "ce-dataschema",
        "urn:spindrift:schema:todo.user.logged-in:2",
    ));
    let arrived = CloudEvent::of(&event(&newer, DATA)).unwrap();
    let problem = arrived.envelope(LOGGED_IN).unwrap_err();
    assert_eq!(problem.kind().status.as_u16(), 422);
}
