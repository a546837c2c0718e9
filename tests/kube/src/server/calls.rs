//! What was asked of the server.

use std::fmt;

use serde_json::Value;

/// One request about a resource, as the server understood it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// As in a Role: get, list, watch, create, update, patch, delete, deletecollection.
    pub verb: &'static str,
    /// As `kubectl` names it, such as `deployments.apps`, `pods/log` or
    /// `services.serving.knative.dev/status`; a path where it is about no resource.
    pub resource: String,
    /// Empty where the resource belongs to none, or all are meant.
    pub namespace: String,
    /// Empty where it is about many objects, or about one that has no name yet.
    pub name: String,
    /// Whether nothing was to be changed.
    pub dry_run: bool,
    /// The field manager that was named.
    pub manager: Option<String>,
    /// What was sent.
    pub body: Option<Value>,
    /// The status that was answered; 0 until then, and where the connection was cut.
    pub status: u16,
}

/// `patch deployments.apps/relay -> 200`, with `(dry run)` where it was one.
impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.verb, self.resource)?;
        if !self.name.is_empty() {
            write!(formatter, "/{}", self.name)?;
        }
        if self.dry_run {
            formatter.write_str(" (dry run)")?;
        }
        write!(formatter, " -> {}", self.status)
    }
}
