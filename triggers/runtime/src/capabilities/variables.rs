//! `spin:variables`, `fermyon:spin/variables` and `wasi:config`: a component's own
//! variables.

use std::collections::BTreeMap;

use wasmtime::component::{Accessor, HasData, Linker};

use crate::bindings::fermyon::spin::variables as sync;
use crate::bindings::spin::variables::variables as concurrent;
use crate::bindings::wasi::config::store as wasi;
use crate::state::State;

/// A component's variables, expanded.
pub(crate) struct Grant(BTreeMap<String, String>);

impl Grant {
    pub(crate) fn new(values: BTreeMap<String, String>) -> Self {
        Self(values)
    }

    fn get(&self, name: String) -> Result<String, String> {
        self.0.get(&name).cloned().ok_or(name)
    }
}

/// The interfaces' place in the linker.
struct Variables;

impl HasData for Variables {
    type Data<'a> = &'a Grant;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    concurrent::add_to_linker::<_, Variables>(linker, |state| &state.grants.variables)?;
    sync::add_to_linker::<_, Variables>(linker, |state| &state.grants.variables)?;
    wasi::add_to_linker::<_, Variables>(linker, |state| &state.grants.variables)
}

impl concurrent::Host for &Grant {}

impl<T: Send> concurrent::HostWithStore<T> for Variables {
    async fn get(
        store: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, concurrent::Error>> {
        Ok(store
            .with(|mut access| access.get().get(name))
            .map_err(concurrent::Error::Undefined))
    }
}

impl sync::Host for &Grant {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<String, sync::Error>> {
        Ok(Grant::get(self, name).map_err(sync::Error::Undefined))
    }
}

impl wasi::Host for &Grant {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, wasi::Error>> {
        Ok(Ok(self.0.get(&key).cloned()))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, wasi::Error>> {
        Ok(Ok(self.0.clone().into_iter().collect()))
    }
}
