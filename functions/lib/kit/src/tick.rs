//! The edge of a function that is called at certain times.
//!
//! A tick comes as an event without data (`dev.knative.sources.ping`). It says that
//! it is time and nothing else: a job looks by its own clock for what there is to do,
//! so that one that comes late, or twice, does no harm.

use std::time::{Duration, Instant};

use store::{Db, Scope};

use crate::{HttpRequest, HttpResponse, Problem, Request, Response, config};

/// How long a job goes on for one tick. What is left is the next tick's: a function
/// that takes longer than half a minute is stopped.
const PATIENCE: Duration = Duration::from_secs(20);

/// One tick, on the job's side.
pub struct Tick<'a> {
    request: &'a Request,
    db: Db,
    begun: Instant,
}

/// Does a job's work for a tick, in the worker's role. Answers 204; and 503 with
/// `Retry-After` while the database is away.
pub async fn serve(
    request: HttpRequest,
    work: impl AsyncFn(&Tick<'_>) -> Result<(), Problem>,
) -> HttpResponse {
    crate::serve(request, async |request| {
        if request.method() != "POST" {
            return Err(Problem::method_not_allowed(&["POST"]));
        }
        let tick = Tick {
            request,
            db: config::database().await?,
            begun: Instant::now(),
        };
        work(&tick).await?;
        Ok(Response::no_content())
    })
    .await
}

impl Tick<'_> {
    /// The request that brought it.
    pub fn request(&self) -> &Request {
        self.request
    }

    /// Runs `batch` in one transaction after another, for as long as it says that
    /// there may be more and the tick's time is not up; once at least.
    ///
    /// # Errors
    ///
    /// Those of a batch. The batches before it stay done.
    pub async fn in_batches(
        &self,
        batch: impl AsyncFn(&Scope<'_>) -> Result<bool, Problem>,
    ) -> Result<(), Problem> {
        while self.db.transaction(None, &batch).await? && self.begun.elapsed() < PATIENCE {}
        Ok(())
    }
}
