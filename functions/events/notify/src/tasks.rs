//! What happened to tasks that something was told of, or will be.

use kit::Problem;
use store::{Scope, notifications};
use uuid::Uuid;

/// A task changed or was done: what is held for later may be wrong now.
pub(crate) async fn withdraw(scope: &Scope<'_>, user: Uuid, task: Uuid) -> Result<(), Problem> {
    Ok(notifications::withdraw(scope, user, task, kit::now()).await?)
}

/// A task is gone: so is what is held for later, and what was told leads nowhere.
pub(crate) async fn forget(scope: &Scope<'_>, user: Uuid, task: Uuid) -> Result<(), Problem> {
    Ok(notifications::forget(scope, user, task, kit::now()).await?)
}
