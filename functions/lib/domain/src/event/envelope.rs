//! An event as a handler gets it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{EventKind, event_type};
use crate::instant::Out;

/// Why an event can't be used. Delivering it again would not help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// `dataschema` is not one that this program reads.
    #[error("the schema {0:?} is not known here: this is about {1}")]
    Schema(String, String),
    /// The data is not of the shape that the schema says.
    #[error("the data does not fit its schema: {0}")]
    Data(String),
}

/// The data of an event: `{eventId, eventType, timestamp, userId, payload}`.
/// Further members mean nothing here, and are not looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The event's id.
    pub event_id: Uuid,
    event_type: String,
    timestamp: Out,
    /// Whose event it is.
    pub user_id: Uuid,
    /// What happened, as JSON.
    pub payload: Box<RawValue>,
}

impl Envelope {
    /// Reads the data of an event of this kind, whose `dataschema` is given.
    ///
    /// # Errors
    ///
    /// [`Misfit`] when the schema is of another version, or the data does not fit.
    pub fn read(kind: EventKind, dataschema: Option<&str>, data: &[u8]) -> Result<Self, Misfit> {
        let known = kind.dataschema();
        if dataschema != Some(known.as_str()) {
            let given = dataschema.unwrap_or_default().to_owned();
            return Err(Misfit::Schema(given, known));
        }
        let envelope: Self = serde_json::from_slice(data).map_err(|error| unfit(&error))?;
        let expected = event_type(kind.name);
        if envelope.event_type != expected {
            return Err(Misfit::Data(format!("`eventType` has to be {expected}")));
        }
        Ok(envelope)
    }

    /// When it happened.
    pub fn happened_at(&self) -> DateTime<Utc> {
        self.timestamp.0
    }

    /// What happened, as the type that the kind's schema describes.
    ///
    /// # Errors
    ///
    /// [`Misfit::Data`] when it is something else.
    pub fn payload<P: DeserializeOwned>(&self) -> Result<P, Misfit> {
        serde_json::from_str(self.payload.get()).map_err(|error| unfit(&error))
    }
}

/// Says where reading stopped and no more: what serde says quotes what it found,
/// which may be somebody's.
fn unfit(error: &serde_json::Error) -> Misfit {
    let (line, column) = (error.line(), error.column());
    Misfit::Data(match error.classify() {
        Category::Data => {
            format!("a member is missing or wrong before line {line} column {column}")
        }
        _ => format!("no JSON at line {line} column {column}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::event::{LOGGED_IN, LoggedIn};
    use serde_json::{Value, json};

    const SCHEMA: &str = "urn:spindrift:schema:todo.user.logged-in:1";

    fn data() -> Value {
        json!({
            "eventId": Uuid::from_u128(1), "eventType": "USER_LOGGED_IN",
            "timestamp": "2025-01-08T09:00:00Z", "userId": Uuid::from_u128(2),
            "payload": {"session_id": Uuid::from_u128(3)},
        })
    }

    fn read(schema: Option<&str>, data: &Value) -> Result<Envelope, Misfit> {
        Envelope::read(LOGGED_IN, schema, data.to_string().as_bytes())
    }

    #[test]
    fn what_fits_is_read() {
        let envelope = read(Some(SCHEMA), &data()).unwrap();
        assert_eq!(envelope.user_id, Uuid::from_u128(2));
        let payload: LoggedIn = envelope.payload().unwrap();
        assert_eq!(payload.session_id, Uuid::from_u128(3));
    }

    #[test]
    fn what_is_unknown_inside_is_ignored() {
        let mut data = data();
        data["shard"] = json!(7);
        data["payload"]["device"] = json!("phone");
        let envelope = read(Some(SCHEMA), &data).unwrap();
        assert!(envelope.payload::<LoggedIn>().is_ok());
    }

    #[test]
    fn another_version_is_refused_whatever_it_carries() {
        for schema in [
            None,
            Some(""),
            Some("urn:spindrift:schema:todo.user.logged-in:2"),
            Some("urn:spindrift:schema:todo.user.logged-out:1"),
            Some("https://example.com/schema.json"),
        ] {
            let refused = read(schema, &data()).unwrap_err();
            assert!(matches!(refused, Misfit::Schema(..)), "{schema:?}");
        }
    }

    #[test]
    fn whatever_is_missing_or_of_another_type_is_refused() {
        for member in ["eventId", "eventType", "timestamp", "userId", "payload"] {
            let mut missing = data();
            missing.as_object_mut().unwrap().remove(member);
            assert!(read(Some(SCHEMA), &missing).is_err(), "{member}");
        }
        for (member, value) in [
            ("eventId", json!(1)),
            ("eventType", json!("USER_LOGGED_OUT")),
            ("timestamp", json!("yesterday")),
            ("userId", json!("somebody")),
        ] {
            let mut wrong = data();
            wrong[member] = value;
            assert!(read(Some(SCHEMA), &wrong).is_err(), "{member}");
        }
        let mut wrong = data();
        wrong["payload"] = json!({});
        let envelope = read(Some(SCHEMA), &wrong).unwrap();
        assert!(envelope.payload::<LoggedIn>().is_err());
        assert!(Envelope::read(LOGGED_IN, Some(SCHEMA), b"\xff{").is_err());
    }
}
