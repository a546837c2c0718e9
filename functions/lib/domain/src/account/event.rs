//! What happens to accounts, on the topic `user-events`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::User;
use crate::event::{EventKind, Payload};

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

/// The payload of [`SIGNED_UP`]. No address: topics have more readers than tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedUp {
    /// What to call the person.
    pub name: String,
    /// A language tag (BCP 47).
    pub locale: String,
    /// The name of an IANA time zone.
    pub time_zone: String,
}

impl From<&User> for SignedUp {
    fn from(user: &User) -> Self {
        Self {
            name: user.name.clone(),
            locale: user.locale.clone(),
            time_zone: user.time_zone.clone(),
        }
    }
}

impl Payload for SignedUp {
    const KIND: EventKind = SIGNED_UP;
}

macro_rules! of_session {
    ($($payload:ident says $kind:ident;)*) => {$(
        #[doc = concat!("The payload of [`", stringify!($kind), "`].")]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $payload {
            /// The sign-in that it is about.
            pub session_id: Uuid,
        }

        impl Payload for $payload {
            const KIND: EventKind = $kind;
        }
    )*};
}
of_session! {
    LoggedIn says LOGGED_IN;
    LoggedOut says LOGGED_OUT;
}
