//! A function: a component, ready to be called.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use futures::FutureExt as _;
use futures::channel::oneshot;
use http::{Request, Response};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use wasmtime::{Engine, PoolConcurrencyLimitError};
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;

use crate::Body;
use crate::capabilities::Grants;
use crate::drive::Drive;
use crate::entry::{EntryPre, Head};
use crate::error::CallError;
use crate::idle::Idle;
use crate::instance::{Instance, Vitals};
use crate::limits::Limits;
use crate::metrics::{FailureLabel, FunctionLabel, Metrics};
use crate::reader::Reader;
use crate::reads::Reads;
use crate::response::ResponseBody;
use crate::ticker::Ticker;
use crate::turn::{Turn, Turns};

/// What calls without an answer are counted by.
const REASONS: [&str; 4] = ["busy", "timeout", "out_of_memory", "failed"];

/// A function. Clones are the same function.
#[derive(Clone)]
pub struct Function(Arc<Shared>);

/// What a call is known by.
#[derive(Clone, Debug)]
pub struct Call {
    /// The request's id: failures are logged under it.
    pub request_id: Arc<str>,
}

/// What all instances and calls of a function share.
pub(crate) struct Shared {
    pub(crate) id: Arc<str>,
    pub(crate) engine: Engine,
    pub(crate) entry: EntryPre,
    reads: Reads,
    pub(crate) limits: Limits,
    pub(crate) grants: Arc<Grants>,
    pub(crate) ticker: Arc<Ticker>,
    /// Instances that live, and how many were ever made.
    pub(crate) live: Gauge,
    pub(crate) made: Counter,
    metrics: Metrics,
    turns: Turns,
    idle: Arc<Idle>,
}

/// A component that has all that it imports.
pub(crate) struct Linked {
    pub(crate) entry: EntryPre,
    /// The headers that it can ask for.
    pub(crate) reads: Reads,
}

impl Function {
    pub(crate) fn new(
        id: &str,
        engine: Engine,
        linked: Linked,
        limits: Limits,
        grants: Grants,
        ticker: Arc<Ticker>,
        metrics: &Metrics,
    ) -> Self {
        let label = FunctionLabel {
            function: id.to_owned(),
        };
        let waiting = metrics.waiting.get_or_create(&label).clone();
        let running = metrics.running.get_or_create(&label).clone();
        // From the start: whoever watches an increase has to see where it began.
        for reason in REASONS {
            let function = id.to_owned();
            drop(
                metrics
                    .failures
                    .get_or_create(&FailureLabel { function, reason }),
            );
        }
        Self(Arc::new(Shared {
            id: id.into(),
            engine,
            entry: linked.entry,
            reads: linked.reads,
            turns: Turns::new(&limits, waiting, running),
            limits,
            grants: Arc::new(grants),
            ticker,
            live: metrics.instances.get_or_create(&label).clone(),
            made: metrics.instantiations.get_or_create(&label).clone(),
            metrics: metrics.clone(),
            idle: Arc::default(),
        }))
    }

    /// The component's id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The headers that it can ask for, of those that its callers add.
    pub fn reads(&self) -> Reads {
        self.0.reads
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Calls the function. A response that the function writes at once is answered
    /// whole; any other as soon as its head is there.
    ///
    /// The call is cancelled by dropping the future: the instance that was at
    /// work on it ends.
    ///
    /// # Errors
    ///
    /// [`CallError`], with the reason logged under the call's id.
    pub async fn call(
        &self,
        call: Call,
        request: Request<Body>,
    ) -> Result<Response<ResponseBody>, CallError> {
        let result = self.try_call(call, request).await;
        if let Err(error) = &result {
            let [busy, timeout, out_of_memory, failed] = REASONS;
            let label = FailureLabel {
                function: self.id().to_owned(),
                reason: match error {
                    CallError::Busy { .. } => busy,
                    CallError::Timeout => timeout,
                    CallError::OutOfMemory => out_of_memory,
                    CallError::Failed => failed,
                },
            };
            self.0.metrics.failures.get_or_create(&label).inc();
        }
        result
    }

    async fn try_call(
        &self,
        call: Call,
        request: Request<Body>,
    ) -> Result<Response<ResponseBody>, CallError> {
        let shared = &self.0;
        let turn = shared.turns.admit().await?;
        let instance = match shared.idle.take() {
            Some(instance) => instance,
            None => shared
                .make()
                .await
                .map_err(|error| shared.not_made(&call, &error))?,
        };
        let vitals = instance.vitals().clone();
        let reader = Arc::<Reader>::default();
        let (head, mut answer) = oneshot::channel();
        let work = work(
            shared.clone(),
            turn,
            instance,
            request,
            head,
            reader.clone(),
        );
        let mut drive = Drive::new(
            Box::pin(work),
            shared.ticker.clone(),
            reader.clone(),
            vitals.clone(),
            shared.limits.request_timeout,
        );
        let answer = poll_fn(|cx| {
            let ended = drive.poll(cx);
            // Polled, for the work may be done elsewhere meanwhile.
            match (answer.poll_unpin(cx), ended) {
                (_, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
                (Poll::Ready(Ok(answer)), _) => Poll::Ready(answer),
                (_, Poll::Ready(Ok(()))) => Poll::Ready(Err(no_answer())),
                (_, Poll::Pending) => Poll::Pending,
            }
        });
        let mut response = match answer.await {
            Ok(response) => response.map(|body| ResponseBody::new(body, reader)),
            Err(error) => {
                reader.end();
                let failure = shared.failure(&call, &vitals, &error);
                shared.clone().leave(call, vitals, drive);
                return Err(failure);
            }
        };
        drive.answered();
        let taken = poll_fn(|cx| Poll::Ready(response.body_mut().take_ready(&mut drive, cx)));
        match taken.await {
            Ok(true) => {}
            Ok(false) => shared.clone().leave(call, vitals, drive),
            Err(error) => {
                let failure = shared.failure(&call, &vitals, &error);
                if !response.body().is_whole() {
                    return Err(failure);
                }
            }
        }
        Ok(response)
    }
}

/// One request in an instance, until the instance is free again or gone.
async fn work(
    shared: Arc<Shared>,
    turn: Turn,
    mut instance: Instance,
    request: Request<Body>,
    head: Head,
    reader: Arc<Reader>,
) -> wasmtime::Result<()> {
    let running = shared.ticker.running();
    let free = instance
        .serve(request, head, &reader)
        .await
        .inspect_err(|_| reader.fail())?;
    if free && !instance.is_spent(&shared.limits) {
        shared.idle.give_back(instance);
    }
    // Last: whoever waited for this turn finds the instance.
    drop((running, turn));
    Ok(())
}

fn no_answer() -> wasmtime::Error {
    wasmtime::format_err!("it ended without a response")
}

impl Shared {
    /// Lets an instance go on by itself with what it has still to do.
    fn leave(self: Arc<Self>, call: Call, vitals: Arc<Vitals>, drive: Drive) {
        tokio::spawn(async move {
            if let Err(error) = drive.go_on().await {
                self.failure(&call, &vitals, &error);
            }
        });
    }

    /// Logs why there is no instance.
    fn not_made(&self, call: &Call, error: &wasmtime::Error) -> CallError {
        if error.is::<PoolConcurrencyLimitError>() {
            return self.turns.busy();
        }
        let (function, request_id) = (&*self.id, &*call.request_id);
        let error = format!("{error:#}");
        tracing::error!(function, request_id, error, "function cannot be started");
        CallError::Failed
    }

    /// Logs why an instance ended, or what it answered in the place of a response.
    fn failure(&self, call: &Call, vitals: &Vitals, error: &wasmtime::Error) -> CallError {
        let (function, request_id) = (&*self.id, &*call.request_id);
        tracing::debug!(function, request_id, "{error:?}");
        if vitals.out_of_memory.load(Ordering::Relaxed) {
            let limit = self.limits.memory;
            tracing::error!(
                function,
                request_id,
                limit,
                "function reached its memory limit"
            );
            return CallError::OutOfMemory;
        }
        if vitals.expired.load(Ordering::Relaxed) {
            tracing::error!(function, request_id, "function overran its time");
            return CallError::Timeout;
        }
        let code = error.downcast_ref::<ErrorCode>();
        if !matches!(code, Some(ErrorCode::HttpRequestBodySize(_))) {
            // Unless its caller sent too much, which it is told and no fault here.
            let error = error.root_cause().to_string();
            tracing::error!(function, request_id, error, "function failed");
        }
        CallError::Failed
    }
}
