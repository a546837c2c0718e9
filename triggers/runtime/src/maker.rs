//! Making instances of a function.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi_http::WasiHttpCtx;

use crate::capabilities::outbound_http::Outbound;
use crate::capabilities::{sockets, sqlite};
use crate::function::Shared;
use crate::guest_log::{GuestLog, LogBudget, Source};
use crate::instance::{Instance, Vitals};
use crate::state::{CpuBudget, Meter, State, on_tick};
use crate::ticker::EPOCHS;

impl Shared {
    /// A fresh instance.
    ///
    /// # Errors
    ///
    /// What the engine says; `PoolConcurrencyLimitError` when too many live already.
    pub(crate) async fn make(&self) -> wasmtime::Result<Instance> {
        let vitals = Arc::<Vitals>::default();
        let mut store = Store::new(&self.engine, self.state(&vitals)?);
        store.limiter(|state| &mut state.meter);
        store.set_epoch_deadline(u64::from(EPOCHS));
        store.epoch_deadline_callback(on_tick);
        let entry = self.entry.instantiate(&mut store).await?;
        self.made.inc();
        Ok(Instance::new(store, entry, vitals, self.live.clone()))
    }

    /// What the host keeps for a new instance.
    fn state(&self, vitals: &Arc<Vitals>) -> wasmtime::Result<State> {
        let log = LogBudget::new(self.limits.log);
        let stream = |source| GuestLog::new(self.id.clone(), source, log.clone());
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(stream(Source::Stdout))
            .stderr(stream(Source::Stderr))
            .envs(&self.grants.environment);
        self.grants.files.mount(&mut wasi)?;
        self.grants.sockets.guard(&mut wasi, None);
        Ok(State {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound {
                grant: self.grants.hosts.clone(),
                trace: None,
            },
            grants: self.grants.clone(),
            meter: Meter {
                vitals: vitals.clone(),
                limit: self.limits.memory,
                table_elements: self.limits.table_elements,
            },
            cpu: CpuBudget::new(self.limits.cpu_time, self.ticker.clone()),
            log,
            sqlite: sqlite::Opened::default(),
            sockets: sockets::Opened::default(),
        })
    }
}
