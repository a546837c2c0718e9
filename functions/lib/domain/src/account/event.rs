//! What happens to accounts, on the topic `user-events`.

use crate::event::EventKind;

const TOPIC: &str = "user-events";

/// An account was made.
pub const SIGNED_UP: EventKind = EventKind {
    name: "todo.user.signed-up",
    topic: TOPIC,
    schema: 1,
};
/// Somebody signed in with their password.
pub const LOGGED_IN: EventKind = EventKind {
    name: "todo.user.logged-in",
    topic: TOPIC,
    schema: 1,
};
/// Somebody ended a session.
pub const LOGGED_OUT: EventKind = EventKind {
    name: "todo.user.logged-out",
    topic: TOPIC,
    schema: 1,
};
