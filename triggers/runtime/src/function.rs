//! A function: a component, ready to be called.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use prometheus_client::metrics::gauge::Gauge;
use wasmtime::{Engine, PoolConcurrencyLimitError};
use wasmtime_wasi_http::handler::{
    ExpirationError, InstantiationError, ProxyHandler, ProxyPre, TrapOrPanicError,
};

use crate::Body;
use crate::capabilities::Grants;
use crate::error::CallError;
use crate::limits::Limits;
use crate::maker::Maker;
use crate::metrics::{FailureLabel, FunctionLabel, Metrics};
use crate::state::State;
use crate::ticker::Ticker;
use crate::turn::{Held, ResponseBody, Turn, Turns};

/// A function. Clones are the same function.
#[derive(Clone)]
pub struct Function {
    handler: ProxyHandler<Maker>,
    shared: Arc<Shared>,
}

/// What a call is known by.
#[derive(Clone, Debug)]
pub struct Call {
    /// The request's id: failures are logged under it.
    pub request_id: Arc<str>,
}

/// What all instances of a function share.
pub(crate) struct Shared {
    pub(crate) id: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) instances: Gauge,
    pub(crate) metrics: Metrics,
    pub(crate) grants: Arc<Grants>,
    running: Gauge,
    pub(crate) ticker: Arc<Ticker>,
    turns: Turns,
}

impl Function {
    pub(crate) fn new(
        id: &str,
        engine: Engine,
        pre: ProxyPre<State>,
        limits: Limits,
        grants: Grants,
        ticker: Arc<Ticker>,
        metrics: &Metrics,
    ) -> Self {
        let label = FunctionLabel {
            function: id.to_owned(),
        };
        let shared = Arc::new(Shared {
            id: id.into(),
            turns: Turns::new(&limits, metrics.waiting.get_or_create(&label).clone()),
            limits,
            instances: metrics.instances.get_or_create(&label).clone(),
            running: metrics.running.get_or_create(&label).clone(),
            metrics: metrics.clone(),
            ticker,
            grants: Arc::new(grants),
        });
        let maker = Maker {
            engine,
            pre,
            shared: shared.clone(),
        };
        Self {
            handler: ProxyHandler::new(maker),
            shared,
        }
    }

    /// The component's id.
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Calls the function and answers its response as soon as its head is there.
    ///
    /// The call is cancelled by dropping the future: the instance that was at
    /// work on it ends. Dropping the response's body ends the turn too.
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
            let reason = match error {
                CallError::Busy { .. } => "busy",
                CallError::Timeout => "timeout",
                CallError::OutOfMemory => "out_of_memory",
                CallError::Failed => "failed",
            };
            let label = FailureLabel {
                function: self.id().to_owned(),
                reason,
            };
            self.shared.metrics.failures.get_or_create(&label).inc();
        }
        result
    }

    async fn try_call(
        &self,
        call: Call,
        request: Request<Body>,
    ) -> Result<Response<ResponseBody>, CallError> {
        let permit = self.shared.turns.admit().await?;
        let turn = Arc::new(Turn {
            call,
            instance: OnceLock::new(),
        });
        let held = Held::new(
            turn.clone(),
            self.shared.running.clone(),
            permit,
            self.shared.ticker.running(),
        );
        match self.handler.handle(turn.clone(), request).await {
            Ok(response) => Ok(response.map(|body| held.answered(body))),
            Err(error) => Err(self.failure(&turn, &error)),
        }
    }

    fn failure(&self, turn: &Turn, error: &wasmtime::Error) -> CallError {
        let (function, request_id) = (self.id(), &*turn.call.request_id);
        if let Some(error) = error.downcast_ref::<InstantiationError<Arc<Turn>>>() {
            if error.error.is::<PoolConcurrencyLimitError>() {
                return self.shared.turns.busy();
            }
            let error = format!("{:#}", error.error);
            tracing::error!(function, request_id, error, "function cannot be started");
            return CallError::Failed;
        }
        let vitals = turn.instance.get();
        if vitals.is_some_and(|v| v.out_of_memory.load(Ordering::Relaxed)) {
            let limit = self.shared.limits.memory;
            tracing::error!(
                function,
                request_id,
                limit,
                "function reached its memory limit"
            );
            return CallError::OutOfMemory;
        }
        if error.is::<ExpirationError>()
            || vitals.is_some_and(|v| v.expired.load(Ordering::Relaxed))
        {
            tracing::error!(function, request_id, "function overran its time");
            return CallError::Timeout;
        }
        // A trap is logged where the instance ends: the reason is known there.
        if !error.is::<TrapOrPanicError>() {
            let error = format!("{error:#}");
            tracing::error!(function, request_id, error, "function failed");
        }
        CallError::Failed
    }
}
