//! What came by itself.

use domain::notification::{Due, NewNotification, Occasion, Showing, body, showing};
use futures::future::join;
use kit::Problem;
use store::{Scope, notifications, tasks};
use uuid::Uuid;

use crate::channel::{Channel, InApp};

/// Tells a person of an occasion, if it still holds.
pub(crate) async fn tell(
    scope: &Scope<'_>,
    user: Uuid,
    occasion: &Occasion,
) -> Result<(), Problem> {
    let now = kit::now();
    let (task, recipient) = join(
        tasks::find_for_share(scope, user, occasion.task_id),
        notifications::recipient(scope, user, Some(occasion.task_id), now),
    )
    .await;
    let (Some(task), Some(recipient)) = (task?, recipient?) else {
        return Ok(());
    };
    if !occasion.holds(&task) {
        return Ok(());
    }
    let kind = occasion.kind();
    let end = recipient.due.and_then(Due::end);
    let showing = showing(kind, recipient.preferences, recipient.local_now, end);
    if showing == Showing::Never {
        return Ok(());
    }
    let notification = NewNotification {
        id: Uuid::now_v7(),
        user_id: user,
        kind,
        title: task.fields.title,
        body: body(kind, recipient.due),
        task_id: Some(task.id),
        occurs_at: occasion.occurs_at(),
        created_at: now,
        showing,
    };
    InApp.give(scope, &notification).await
}
