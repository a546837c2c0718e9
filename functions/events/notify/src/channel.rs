//! The ways to a person.

use domain::notification::NewNotification;
use kit::Problem;
use kit::event::failed;
use store::{Scope, notifications};

/// One way to a person.
///
/// A channel works inside the transaction of the event, and before it commits nobody
/// outside may hear of it: one that leaves the database writes down there what it
/// has to send, and lets that be sent after the commit.
pub(crate) trait Channel {
    /// Gives a person a notification by this way.
    ///
    /// # Errors
    ///
    /// What keeps the event from being done: all channels of it are tried again.
    async fn give(&self, scope: &Scope<'_>, notification: &NewNotification) -> Result<(), Problem>;
}

/// The list that a person sees in the application.
pub(crate) struct InApp;

impl Channel for InApp {
    async fn give(&self, scope: &Scope<'_>, notification: &NewNotification) -> Result<(), Problem> {
        notifications::give(scope, notification)
            .await
            .map_err(failed)
    }
}
