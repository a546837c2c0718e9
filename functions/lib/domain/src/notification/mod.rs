//! What a person is told: of which occasions, when, and in which words.

mod list;
mod occasion;
mod timing;
mod wording;

pub use list::NotificationQuery;
pub use occasion::{About, Occasion};
pub use timing::{Preferences, Showing, showing};
pub use wording::{Due, body};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::instant::Out;

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A reminder that was set on a task.
    Reminder,
    /// A task is due within 24 hours.
    DueSoon,
    /// A task was due and is not done.
    Overdue,
    /// A series made its next task.
    Series,
    /// Something about the account's safety.
    Security,
    /// A new account.
    Welcome,
}

impl Kind {
    /// Its name in the API and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::DueSoon => "due_soon",
            Self::Overdue => "overdue",
            Self::Series => "series",
            Self::Security => "security",
            Self::Welcome => "welcome",
        }
    }
}

/// A notification as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notification {
    /// UUID version 7.
    pub id: Uuid,
    /// The name of a [`Kind`].
    pub kind: String,
    /// The first line: a task's title, mostly.
    pub title: String,
    /// The second line; may be empty.
    pub body: String,
    /// The task that it is about; null when there is none, or none any more.
    pub task_id: Option<Uuid>,
    /// When it was made. It may have been held until later.
    pub created_at: Out,
    /// When the person read it.
    pub read_at: Option<Out>,
}

/// A notification that is to be given to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotification {
    /// UUID version 7.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// What it is about.
    pub kind: Kind,
    /// The first line.
    pub title: String,
    /// The second line.
    pub body: String,
    /// The task that it is about.
    pub task_id: Option<Uuid>,
    /// The time of the task that it is about. There is at most one notification of
    /// a kind for each task and time.
    pub occurs_at: Option<DateTime<Utc>>,
    /// When it is made.
    pub created_at: DateTime<Utc>,
    /// From when on it is shown: at once, or at a time on its person's clock.
    pub showing: Showing,
}
