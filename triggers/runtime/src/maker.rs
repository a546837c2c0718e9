//! Making instances of a function.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi_http::handler::{HandlerState, Instance, ProxyPre};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpView};

use crate::capabilities::outbound_http::Outbound;
use crate::function::Shared;
use crate::guest_log::{GuestLog, Source};
use crate::instance::{Expiration, Worker};
use crate::metrics::FunctionLabel;
use crate::state::{CpuBudget, Meter, State, Vitals, on_tick};

/// Makes instances of one function.
pub(crate) struct Maker {
    pub(crate) engine: Engine,
    pub(crate) pre: ProxyPre<State>,
    pub(crate) shared: Arc<Shared>,
}

impl HandlerState for Maker {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        let shared = &self.shared;
        let vitals = Arc::<Vitals>::default();
        let mut store = Store::new(&self.engine, shared.state(&vitals)?);
        store.limiter(|state| &mut state.meter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(on_tick);
        let proxy = self.pre.instantiate_async(&mut store).await?;
        let label = FunctionLabel {
            function: shared.id.to_string(),
        };
        shared.metrics.instantiations.get_or_create(&label).inc();
        shared.instances.inc();
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Expiration::new(vitals.clone(), shared.limits.request_timeout),
            state: Worker::new(shared.clone(), vitals),
        })
    }
}

impl Shared {
    /// What the host keeps for a new instance.
    fn state(&self, vitals: &Arc<Vitals>) -> wasmtime::Result<State> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(GuestLog::new(self.id.clone(), Source::Stdout))
            .stderr(GuestLog::new(self.id.clone(), Source::Stderr))
            .envs(&self.grants.environment);
        self.grants.files.mount(&mut wasi)?;
        Ok(State {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound(self.grants.hosts.clone()),
            grants: self.grants.clone(),
            meter: Meter {
                vitals: vitals.clone(),
                limit: self.limits.memory,
            },
            cpu: CpuBudget::new(self.limits.cpu_time, self.ticker.clone()),
        })
    }
}
