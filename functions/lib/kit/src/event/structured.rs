//! Structured mode: the whole event as JSON (CloudEvents JSON format, version 1.0).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::attributes::Attributes;
use crate::{Kind, Problem, Request};

/// The attributes and the data in a request's body.
pub(super) fn read(request: &Request) -> Result<(Attributes, Bytes), Problem> {
    let Value::Object(mut members) = request.json()? else {
        return Err(malformed("The body has to be a JSON object: one event."));
    };
    let data = data(&mut members)?;
    let mut attributes = Attributes::default();
    for (name, value) in members {
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            _ => {
                let detail = format!("The attribute `{name}` has to be a string.");
                return Err(malformed(detail));
            }
        };
        attributes.insert(&name, value)?;
    }
    Ok((attributes, data))
}

/// `data`, which is JSON where no other type is named; or `data_base64`.
fn data(members: &mut Map<String, Value>) -> Result<Bytes, Problem> {
    let json = match members.get("datacontenttype").and_then(Value::as_str) {
        Some(content_type) => crate::request::is_json(content_type),
        None => true,
    };
    if !json {
        return Err(Problem::new(
            Kind::UNSUPPORTED_MEDIA_TYPE,
            "The event's data has to be JSON: `datacontenttype` says something else.",
        ));
    }
    match (members.remove("data"), members.remove("data_base64")) {
        (Some(data), None) => Ok(data.to_string().into()),
        (None, Some(Value::String(encoded))) => {
            let decoded = STANDARD.decode(encoded);
            decoded
                .map(Bytes::from)
                .map_err(|_| malformed("The event's `data_base64` is not base64."))
        }
        _ => Err(malformed(
            "The event needs one of `data` and `data_base64`.",
        )),
    }
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::MALFORMED_BODY, detail)
}
