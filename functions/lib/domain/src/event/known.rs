//! Every kind of event that there is.

use super::{EventKind, recurring};
use crate::account::event as account;
use crate::reminder;
use crate::task::kinds as task;

impl EventKind {
    /// All of them, by topic.
    pub const ALL: &'static [Self] = &[
        task::CREATED,
        task::UPDATED,
        task::COMPLETED,
        task::REOPENED,
        task::DELETED,
        recurring::CREATED,
        recurring::UPDATED,
        recurring::DELETED,
        reminder::DUE,
        reminder::DUE_SOON,
        reminder::OVERDUE,
        recurring::DUE,
        account::SIGNED_UP,
        account::LOGGED_IN,
        account::LOGGED_OUT,
    ];

    /// The kind whose CloudEvents `type` this is.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|kind| kind.name == name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_kinds_have_one_name() {
        let names: HashSet<_> = EventKind::ALL.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), EventKind::ALL.len());
        assert_eq!(EventKind::named("todo.task.created"), Some(task::CREATED));
        assert_eq!(EventKind::named("todo.task.vanished"), None);
    }
}
