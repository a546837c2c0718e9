//! A JSON object's members, taken out one by one; what is wrong is collected.

use serde_json::{Map, Value};

use crate::{FieldError, Invalid};

/// The members of a request's body.
#[derive(Debug)]
pub struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// The members of `body`.
    ///
    /// # Errors
    ///
    /// When it is no object.
    pub fn of(body: Value) -> Result<Self, Invalid> {
        match body {
            Value::Object(members) => Ok(Self {
                members,
                errors: Vec::new(),
            }),
            _ => Err(FieldError::of_body("has to be a JSON object").into()),
        }
    }

    /// Takes a member out, whatever it is. `None`: it is not there.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    /// Takes a text out. The outer `None`: it is not there, or wrong; the inner
    /// one: it is null. A NUL character, which PostgreSQL can't keep, is wrong.
    pub fn text(&mut self, name: &str) -> Option<Option<String>> {
        match self.take(name)? {
            Value::Null => Some(None),
            Value::String(text) => match no_nul(&text) {
                Ok(()) => Some(Some(text)),
                Err(detail) => self.reject(FieldError::of(name, detail)),
            },
            _ => self.reject(FieldError::of(name, "has to be a string")),
        }
    }

    /// Writes down what is wrong with a member.
    pub fn reject<T>(&mut self, error: FieldError) -> Option<T> {
        self.errors.push(error);
        None
    }

    /// Drops members that may be there and mean nothing here, such as those that
    /// only the server sets.
    pub fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.members.remove(*name);
        }
    }

    /// Whether the member `name` was refused.
    pub fn refused(&self, name: &str) -> bool {
        let pointer = FieldError::of(name, "").pointer;
        self.errors.iter().any(|error| error.pointer == pointer)
    }

    /// Ends the reading: a member that nobody took is unknown.
    ///
    /// # Errors
    ///
    /// Everything that was wrong.
    pub fn finish(mut self) -> Result<(), Invalid> {
        let unknown = self
            .members
            .keys()
            .map(|name| FieldError::of(name, "is not a known field"));
        self.errors.extend(unknown);
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Invalid(self.errors))
        }
    }
}

/// Refuses U+0000, which JSON can carry and PostgreSQL's text can't.
pub(crate) fn no_nul(text: &str) -> Result<(), &'static str> {
    if text.contains('\0') {
        Err("must not contain the character U+0000")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_object_is_refused_as_a_whole() {
        for body in [json!(null), json!([]), json!("x"), json!(1)] {
            assert_eq!(Fields::of(body).unwrap_err().0[0].pointer, "");
        }
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let mut fields = Fields::of(json!({"a": 1, "b": "x\0", "c/d": true})).unwrap();
        assert_eq!(fields.text("a"), None);
        assert_eq!(fields.text("b"), None);
        let Invalid(errors) = fields.finish().unwrap_err();
        let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a", "/b", "/c~1d"]);
    }
}
