//! Where the relay's events go.

use std::future::Future;

use tokio_util::sync::CancellationToken;

use crate::error::RelayError;
use crate::metrics::Metrics;
use crate::session::Session;

/// Takes rows off the outbox.
pub trait Outlet: Send + 'static {
    /// Takes at most `limit` rows that are due, on the connection of the relay that
    /// works. Answers how many they were.
    fn take(
        &mut self,
        session: &mut Session,
        limit: usize,
        metrics: &Metrics,
    ) -> impl Future<Output = Result<usize, RelayError>> + Send;

    /// What it has to do beside that, for as long as this relay works: until `stop`,
    /// or a failure.
    fn work(
        &self,
        stop: CancellationToken,
        metrics: Metrics,
    ) -> impl Future<Output = Result<(), RelayError>> + Send + 'static;
}
