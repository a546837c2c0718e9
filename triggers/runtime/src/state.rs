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

use crate::capabilities::{Grants, outbound_http::Outbound, sockets, sqlite};
use crate::guest_log::LogBudget;
use crate::instance::Vitals;
use crate::ticker::{EPOCHS, TICK, Ticker};

/// The data of an instance's store.
pub(crate) struct State {
    pub(crate) table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) outbound: Outbound,
    pub(crate) grants: Arc<Grants>,
    pub(crate) meter: Meter,
    pub(crate) cpu: CpuBudget,
    pub(crate) log: LogBudget,
    pub(crate) sqlite: sqlite::Opened,
    pub(crate) sockets: sockets::Opened,
}

impl State {
    /// A request begins.
    pub(crate) fn begin(&mut self, headers: &HeaderMap) {
        self.cpu.reset();
        self.log.reset();
        self.sockets.begin();
        self.outbound.trace = Parent::of(headers);
    }

    /// The request has ended.
    pub(crate) fn end(&mut self) {
        self.sqlite.roll_back(&self.outbound.grant.component().id);
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

/// Bounds an instance's memory and tables.
pub(crate) struct Meter {
    pub(crate) vitals: Arc<Vitals>,
    /// Bytes of memory.
    pub(crate) limit: usize,
    /// Elements that its tables may still grow by.
    pub(crate) table_elements: usize,
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
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let left = self
            .table_elements
            .checked_sub(desired.saturating_sub(current));
        self.table_elements = left.unwrap_or(self.table_elements);
        Ok(left.is_some())
    }
}

/// Epochs that a request runs at full speed before it must share.
const FREE: u64 = 10 * EPOCHS as u64;

/// Epochs after which it goes to the background. Hashing a password takes fewer: a log-in
/// is not put off until a busy machine has nothing else to do.
const SHARED: u64 = 100 * EPOCHS as u64;

/// How long a busy request rests after each further tick while others want the
/// processors too: it then has a fifth of one.
const REST: Duration = Duration::from_millis(4);

/// Counts the epochs that a request was seen running in.
pub(crate) struct CpuBudget {
    used: u64,
    limit: u64,
    /// After how many it gives way.
    step: u64,
    ticker: Arc<Ticker>,
}

impl CpuBudget {
    pub(crate) fn new(limit: Duration, ticker: Arc<Ticker>) -> Self {
        let epochs = limit.as_micros() / (TICK / EPOCHS).as_micros();
        Self {
            used: 0,
            limit: u64::try_from(epochs).unwrap_or(u64::MAX),
            step: EPOCHS.into(),
            ticker,
        }
    }

    fn reset(&mut self) {
        self.used = 0;
        self.step = EPOCHS.into();
    }

    /// Whether it is time to rest. Who is in the background need not, for it loses its
    /// processor to whoever wakes up; it had better not, for the end of its rest comes when
    /// others are waking, and the scheduler might take it for one of them.
    fn rests(&self, in_background: bool) -> bool {
        let others_need_it = !in_background || self.ticker.has_quota();
        self.used > FREE && others_need_it && self.ticker.is_crowded()
    }
}

/// Called when running code notices that the epoch moved on.
pub(crate) fn on_tick(mut store: StoreContextMut<'_, State>) -> wasmtime::Result<UpdateDeadline> {
    let state = store.data_mut();
    state.cpu.used += state.cpu.step;
    if state.cpu.used > state.cpu.limit {
        state.meter.vitals.expired.store(true, Ordering::Relaxed);
        wasmtime::bail!("processor time used up");
    }
    let is_busy = state.cpu.used > SHARED;
    if is_busy {
        state.cpu.step = 1;
        state.meter.vitals.is_busy.store(true, Ordering::Relaxed);
    }
    Ok(if state.cpu.rests(is_busy) {
        UpdateDeadline::YieldCustom(state.cpu.step, Box::pin(tokio::time::sleep(REST)))
    } else {
        UpdateDeadline::Yield(state.cpu.step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_grow_to_their_limit_together_and_what_is_refused_costs_nothing() {
        let mut meter = Meter {
            vitals: Arc::default(),
            limit: 0,
            table_elements: 100,
        };
        let mut grow = |from, to| meter.table_growing(from, to, None).unwrap();
        assert!(grow(0, 60));
        assert!(!grow(0, 41));
        assert!(grow(0, 30));
        assert!(grow(60, 70));
        assert!(!grow(30, 31));
    }
}
