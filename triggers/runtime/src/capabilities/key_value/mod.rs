//! `spin:key-value`, `fermyon:spin/key-value` and `wasi:keyvalue`: stores of bytes under
//! text keys.
//!
//! They are in one SQLite file of the state folder, or where the operator says ([`place`]):
//! in files of their own, on a Redis, in a PostgreSQL. To the interfaces a store is the same
//! wherever it is ([`store`]).

mod answer;
mod counter;
mod file;
mod file_combined;
mod place;
mod postgres;
mod redis;
mod store;
mod stores;
mod wasi;

use wasmtime::component::{
    Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader,
};

pub use self::place::{StorePlace, StoreServer};
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub use self::store::Store;
pub(crate) use self::stores::{Grant, Stores};
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub use self::wasi::Cas;
use crate::bindings::fermyon::spin::key_value as sync;
use crate::bindings::spin::key_value::key_value as concurrent;
use crate::state::State;

/// An instance's table and its component's grant.
pub(crate) struct View<'a> {
    table: &'a mut ResourceTable,
    grant: &'a Grant,
}

impl View<'_> {
    fn open(&mut self, label: &str) -> wasmtime::Result<Option<Resource<Store>>> {
        Ok(match self.grant.open(label) {
            Some(store) => Some(self.table.push(store)?),
            None => None,
        })
    }

    fn store(&self, store: &Resource<Store>) -> wasmtime::Result<Store> {
        Ok(self.table.get(store)?.clone())
    }
}

/// The interfaces' place in the linker.
pub(crate) struct KeyValue;

impl HasData for KeyValue {
    type Data<'a> = View<'a>;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    fn view(state: &mut State) -> View<'_> {
        View {
            table: &mut state.table,
            grant: &state.grants.key_value,
        }
    }
    concurrent::add_to_linker::<_, KeyValue>(linker, view)?;
    sync::add_to_linker::<_, KeyValue>(linker, view)?;
    wasi::link(linker, view)
}

type Listing = (
    StreamReader<String>,
    FutureReader<Result<(), concurrent::Error>>,
);

impl concurrent::Host for View<'_> {}

impl concurrent::HostStore for View<'_> {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

/// The open store behind a guest's handle.
fn opened<T>(access: &Accessor<T, KeyValue>, store: &Resource<Store>) -> wasmtime::Result<Store> {
    access.with(|mut access| access.get().store(store))
}

impl<T: Send> concurrent::HostStoreWithStore<T> for KeyValue {
    async fn open(
        access: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Store>, concurrent::Error>> {
        let store = access.with(|mut access| access.get().open(&label))?;
        Ok(store.ok_or(concurrent::Error::AccessDenied))
    }

    async fn get(
        access: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, concurrent::Error>> {
        Ok(opened(access, &store)?
            .get(key)
            .await
            .map_err(concurrent::Error::Other))
    }

    async fn set(
        access: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), concurrent::Error>> {
        Ok(opened(access, &store)?
            .set(key, value)
            .await
            .map_err(concurrent::Error::Other))
    }

    async fn delete(
        access: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), concurrent::Error>> {
        Ok(opened(access, &store)?
            .delete(key)
            .await
            .map_err(concurrent::Error::Other))
    }

    async fn exists(
        access: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, concurrent::Error>> {
        Ok(opened(access, &store)?
            .exists(key)
            .await
            .map_err(concurrent::Error::Other))
    }

    async fn get_keys(
        access: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<Listing> {
        let (keys, end) = match opened(access, &store)?.keys().await {
            Ok(keys) => (keys, Ok(())),
            Err(e) => (Vec::new(), Err(concurrent::Error::Other(e))),
        };
        access.with(|mut access| {
            Ok((
                StreamReader::new(&mut access, keys)?,
                FutureReader::new(&mut access, async move { wasmtime::error::Ok(end) })?,
            ))
        })
    }
}

impl sync::Host for View<'_> {}

impl sync::HostStore for View<'_> {
    async fn open(
        &mut self,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Store>, sync::Error>> {
        Ok(View::open(self, &label)?.ok_or(sync::Error::AccessDenied))
    }

    async fn get(
        &mut self,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, sync::Error>> {
        Ok(self
            .store(&store)?
            .get(key)
            .await
            .map_err(sync::Error::Other))
    }

    async fn set(
        &mut self,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), sync::Error>> {
        Ok(self
            .store(&store)?
            .set(key, value)
            .await
            .map_err(sync::Error::Other))
    }

    async fn delete(
        &mut self,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), sync::Error>> {
        Ok(self
            .store(&store)?
            .delete(key)
            .await
            .map_err(sync::Error::Other))
    }

    async fn exists(
        &mut self,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, sync::Error>> {
        Ok(self
            .store(&store)?
            .exists(key)
            .await
            .map_err(sync::Error::Other))
    }

    async fn get_keys(
        &mut self,
        store: Resource<Store>,
    ) -> wasmtime::Result<Result<Vec<String>, sync::Error>> {
        Ok(self.store(&store)?.keys().await.map_err(sync::Error::Other))
    }

    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}
