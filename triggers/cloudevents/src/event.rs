//! Events: context attributes and data.

use std::collections::BTreeMap;

use bytes::Bytes;

/// The version of the specification.
pub(crate) const SPECVERSION: &str = "1.0";

/// The attribute that names the data's media type. Both bindings carry it as the
/// content type, without the prefix of the others.
pub(crate) const CONTENT_TYPE: &str = "datacontenttype";

/// What every event has ([CloudEvents 1.0, "REQUIRED Attributes"]).
///
/// [CloudEvents 1.0, "REQUIRED Attributes"]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#required-attributes
const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];

/// A CloudEvent 1.0: attributes by their names, as text, and data as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    attributes: BTreeMap<String, String>,
    data: Bytes,
}

/// Why something is no CloudEvent, though it says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedEvent {
    /// One of `id`, `source`, `type` and `specversion` is missing or empty.
    #[error("the event has no `{0}`")]
    Missing(&'static str),
    /// Not the version that is understood here.
    #[error("the event is of CloudEvents {0}; only 1.0 is understood")]
    Version(String),
    /// An attribute that cannot be.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// A structured event that is not the JSON format, or not JSON.
    #[error("the event is not in the JSON event format: {0}")]
    Structure(String),
}

/// Why an attribute cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// Names are lower-case letters and digits.
    #[error("`{0}` cannot be the name of an attribute: lower-case letters and digits only")]
    Name(String),
    /// Values are text without control characters.
    #[error("the attribute `{0}` is not UTF-8 text without control characters")]
    Value(String),
}

impl Event {
    /// An event from its attributes, `specversion` among them.
    ///
    /// # Errors
    ///
    /// [`MalformedEvent`] when a required attribute is missing or one cannot be.
    pub fn new(
        attributes: impl IntoIterator<Item = (String, String)>,
        data: impl Into<Bytes>,
    ) -> Result<Self, MalformedEvent> {
        let attributes: BTreeMap<String, String> = attributes.into_iter().collect();
        for (name, value) in &attributes {
            check(name, value)?;
        }
        for name in REQUIRED {
            if attributes.get(name).is_none_or(String::is_empty) {
                return Err(MalformedEvent::Missing(name));
            }
        }
        let version = &attributes["specversion"];
        if version != SPECVERSION {
            return Err(MalformedEvent::Version(version.clone()));
        }
        Ok(Self {
            attributes,
            data: data.into(),
        })
    }

    /// An attribute's value: `id`, `source`, `type`, `subject`, `time`, ... or an
    /// extension.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Sets an attribute.
    ///
    /// # Errors
    ///
    /// [`AttributeError`] when its name or value cannot be.
    pub fn set(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), AttributeError> {
        let (name, value) = (name.into(), value.into());
        check(&name, &value)?;
        self.attributes.insert(name, value);
        Ok(())
    }

    /// The event's id: with the source, what makes it this event.
    pub fn id(&self) -> &str {
        self.get("id").unwrap_or_default()
    }

    /// Where it comes from.
    pub fn source(&self) -> &str {
        self.get("source").unwrap_or_default()
    }

    /// What happened.
    pub fn ty(&self) -> &str {
        self.get("type").unwrap_or_default()
    }

    /// Attributes by name, in the order of the alphabet.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The data, as it came.
    pub fn data(&self) -> &Bytes {
        &self.data
    }
}

fn check(name: &str, value: &str) -> Result<(), AttributeError> {
    let sane = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if name.is_empty() || !name.bytes().all(sane) {
        return Err(AttributeError::Name(name.to_owned()));
    }
    if value.chars().any(char::is_control) {
        return Err(AttributeError::Value(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(without: &str) -> Vec<(String, String)> {
        [
            ("specversion", "1.0"),
            ("id", "1"),
            ("source", "/s"),
            ("type", "t"),
        ]
        .into_iter()
        .filter(|(name, _)| *name != without)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }

    #[test]
    fn the_four_required_attributes_are_required() {
        assert!(Event::new(attributes(""), "").is_ok());
        for name in REQUIRED {
            assert_eq!(
                Event::new(attributes(name), ""),
                Err(MalformedEvent::Missing(name))
            );
        }
    }

    #[test]
    fn another_version_is_refused_by_its_name() {
        let mut attributes = attributes("specversion");
        attributes.push(("specversion".into(), "0.3".into()));
        assert_eq!(
            Event::new(attributes, ""),
            Err(MalformedEvent::Version("0.3".into()))
        );
    }

    #[test]
    fn names_and_values_keep_to_the_specification() {
        let mut event = Event::new(attributes(""), "").unwrap();
        assert!(event.set("traceparent", "00-ab").is_ok());
        for name in ["", "traceParent", "trace-parent", "é"] {
            assert!(event.set(name, "x").is_err(), "{name}");
        }
        assert!(event.set("subject", "a\nb").is_err());
        assert!(event.set("subject", "ein Straßenname").is_ok());
    }
}
