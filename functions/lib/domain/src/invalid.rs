//! What is wrong with a request that could be read.

use serde::Serialize;

/// One value that is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where it stands in the request's body: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What the field takes, for people.
    pub detail: String,
}

impl FieldError {
    /// An error about the member `name` of the body.
    pub fn of(name: &str, detail: impl Into<String>) -> Self {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        Self {
            pointer: format!("/{escaped}"),
            detail: detail.into(),
        }
    }

    /// An error about one item of the array `name`.
    pub fn of_item(name: &str, index: usize, detail: impl Into<String>) -> Self {
        let mut error = Self::of(name, detail);
        error.pointer = format!("{}/{index}", error.pointer);
        error
    }

    /// An error about the body as a whole.
    pub fn of_body(detail: impl Into<String>) -> Self {
        Self {
            pointer: String::new(),
            detail: detail.into(),
        }
    }
}

/// Everything that is wrong with a body, never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} field(s) are not valid", .0.len())]
pub struct Invalid(pub Vec<FieldError>);

impl From<FieldError> for Invalid {
    fn from(error: FieldError) -> Self {
        Self(vec![error])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_rfc_6901_gives_a_meaning() {
        assert_eq!(FieldError::of("a/b~c", "").pointer, "/a~1b~0c");
        assert_eq!(FieldError::of_item("tags", 3, "").pointer, "/tags/3");
    }
}
