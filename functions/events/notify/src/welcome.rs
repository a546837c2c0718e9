//! New accounts.

use domain::account::event::SignedUp;
use domain::notification::{Kind, NewNotification, Showing};
use kit::Problem;
use store::Scope;
use uuid::Uuid;

use crate::channel::{Channel, InApp};

/// Welcomes somebody.
pub(crate) async fn welcome(
    scope: &Scope<'_>,
    user: Uuid,
    person: &SignedUp,
) -> Result<(), Problem> {
    let title = match person.name.as_str() {
        "" => "Welcome".to_owned(),
        name => format!("Welcome, {name}"),
    };
    let notification = NewNotification {
        id: Uuid::now_v7(),
        user_id: user,
        kind: Kind::Welcome,
        title,
        body: "Your account is ready: what is the first thing to do?".into(),
        task_id: None,
        occurs_at: None,
        created_at: kit::now(),
        showing: Showing::Now,
    };
    InApp.give(scope, &notification).await
}
