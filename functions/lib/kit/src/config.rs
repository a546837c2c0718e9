//! The component's variables, asked of the host once per instance.

use std::sync::{Arc, Mutex, PoisonError};

use spin_sdk::variables;

use crate::Problem;

static KNOWN: Mutex<Vec<(&str, Arc<str>)>> = Mutex::new(Vec::new());

/// The value of the component's variable `name`. An instance keeps what it was
/// first told: a changed value reaches the instances that start after it.
///
/// # Errors
///
/// `internal-error` when `[component.<id>.variables]` does not have the name.
pub async fn variable(name: &'static str) -> Result<Arc<str>, Problem> {
    if let Some(value) = known(name) {
        return Ok(value);
    }
    let value: Arc<str> = variables::get(name)
        .await
        .map_err(|error| {
            Problem::internal(format!(
                "variable `{name}`: {error}; is it in [component.*.variables]?"
            ))
        })?
        .into();
    lock().push((name, value.clone()));
    Ok(value)
}

/// The database that the variable `database_url` names.
///
/// # Errors
///
/// `unavailable` when it can't be reached.
pub async fn database() -> Result<store::Db, Problem> {
    Ok(store::Db::open(&variable("database_url").await?).await?)
}

fn known(name: &str) -> Option<Arc<str>> {
    lock()
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.clone())
}

fn lock() -> std::sync::MutexGuard<'static, Vec<(&'static str, Arc<str>)>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}
