//! What the host keeps for one instance.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::HeaderMap;
use spindrift_traces::Parent;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, StoreContextMut, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::capabilities::{Grants, outbound_http::Outbound};
use crate::instance::Vitals;
use crate::ticker::{TICK, Ticker};

/// The data of an instance's store.
pub(crate) struct State {
    pub(crate) table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) outbound: Outbound,
    pub(crate) grants: Arc<Grants>,
    pub(crate) meter: Meter,
    pub(crate) cpu: CpuBudget,
}

impl State {
    /// A request begins.
    pub(crate) fn begin(&mut self, headers: &HeaderMap) {
        self.cpu.reset();
        self.outbound.trace = Parent::of(headers);
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.outbound,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Bounds an instance's memory.
pub(crate) struct Meter {
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) limit: usize,
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.vitals.memory.load(Ordering::Relaxed) + desired.saturating_sub(current);
        if total > self.limit {
            self.vitals.out_of_memory.store(true, Ordering::Relaxed);
            return Ok(false);
        }
        self.vitals.memory.store(total, Ordering::Relaxed);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= 100_000)
    }
}

/// Ticks that a request runs at full speed before it must share.
const FREE_TICKS: u64 = 10;

/// How long a busy request rests after each further tick while others want the
/// processors too: it then has a fifth of one, and its neighbours the rest.
const REST: Duration = Duration::from_millis(4);

/// Counts the epochs that a request was seen running in.
pub(crate) struct CpuBudget {
    used: u64,
    limit: u64,
    ticker: Arc<Ticker>,
}

impl CpuBudget {
    pub(crate) fn new(limit: Duration, ticker: Arc<Ticker>) -> Self {
        let ticks = limit.as_micros() / TICK.as_micros();
        Self {
            used: 0,
            limit: u64::try_from(ticks).unwrap_or(u64::MAX),
            ticker,
        }
    }

    fn reset(&mut self) {
        self.used = 0;
    }
}

/// Called when running code notices that the epoch moved on.
pub(crate) fn on_tick(mut store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data_mut();
    state.cpu.used += 1;
    if state.cpu.used > state.cpu.limit {
        state.meter.vitals.expired.store(true, Ordering::Relaxed);
        wasmtime::bail!("processor time used up");
    }
    Ok(
        if state.cpu.used > FREE_TICKS && state.cpu.ticker.is_crowded() {
            UpdateDeadline::YieldCustom(1, Box::pin(tokio::time::sleep(REST)))
        } else {
            UpdateDeadline::Yield(1)
        },
    )
}
