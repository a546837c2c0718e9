//! Answers to operators, while something runs.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use spindrift_http::Health;
use spindrift_http::admin::{self, Admin};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// Answers on the listener, if there is one, until what it returns is dropped.
pub(crate) fn answer(
    listener: Option<TcpListener>,
    registry: Registry,
    health: Health,
) -> Option<AbortOnDropHandle<()>> {
    let told = Admin {
        registry: Arc::new(registry),
        health,
    };
    let task = tokio::spawn(admin::serve(listener?, told));
    Some(AbortOnDropHandle::new(task))
}
