//! Removes what was kept for long enough: see [`Retention`].
//!
//! The outbox is the relay's to prune, the ticks of jobs are the scheduler's. What
//! happened to tasks and accounts is kept for as long as the account.

use kit::tick;
use kit::{HttpRequest, HttpResponse};
use spin_sdk::http_service;
use store::Scope;
use store::retention::Retention;

/// How many rows one transaction removes.
const BATCH: u16 = 1_000;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    tick::serve(request, async |tick| {
        let now = kit::now();
        for retention in Retention::ALL {
            tick.in_batches(async |scope: &Scope<'_>| {
                let removed = retention.remove(scope, now, BATCH.into()).await?;
                Ok(removed == u64::from(BATCH))
            })
            .await?;
        }
        Ok(())
    })
    .await
}
