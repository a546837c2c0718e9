//! What the data of each kind of event looks like (JSON Schema 2020-12).
//!
//! Functions don't carry a validator: it would be several times their own size. What
//! is published fits because it is made of types, one for each kind, that tests hold
//! to their schemas; what is read is parsed into the same types. A schema may grow
//! members that are not required; what else changes gets a number of its own, and
//! the earlier file stays for its readers.

/// A schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The event's type and the schema's version: `todo.task.created.1`.
    pub name: &'static str,
    /// The document.
    pub text: &'static str,
}

macro_rules! schemas {
    ($($name:literal,)*) => {
        /// All of them, by topic.
        pub const ALL: &[Schema] = &[$(Schema {
            name: $name,
            text: include_str!(concat!("../../schemas/", $name, ".json")),
        }),*];
    };
}
schemas! {
        "todo.task.created.1",
        "todo.task.updated.1",
        "todo.task.completed.1",
        "todo.task.reopened.1",
        "todo.task.deleted.1",
        "todo.recurring-task.created.1",
        "todo.recurring-task.updated.1",
        "todo.recurring-task.deleted.1",
        "todo.reminder.due.1",
        "todo.task.due-soon.1",
        "todo.task.overdue.1",
        "todo.recurring-task.due.1",
        "todo.user.signed-up.1",
        "todo.user.logged-in.1",
        "todo.user.logged-out.1",
}

/// The schema of this name.
pub fn named(name: &str) -> Option<Schema> {
    ALL.iter().find(|schema| schema.name == name).copied()
}

#[cfg(test)]
mod compatible;
#[cfg(test)]
mod tests;
