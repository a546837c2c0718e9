//! The drafts of WASI: `wasi:keyvalue/store`, `atomics` and `batch`. A bucket is a store,
//! under the same grant.

use wasmtime::component::{Linker, Resource};

use super::answer::{Found, Page};
use super::{KeyValue, Store, View};
use crate::bindings::wasi::keyvalue::store::{Error, KeyResponse};
use crate::bindings::wasi::keyvalue::{atomics, batch, store};
use crate::state::State;

/// A compare-and-swap to be, as an instance holds it.
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Cas {
    store: Store,
    key: String,
    /// What the key had when the guest last asked.
    seen: Option<Vec<u8>>,
}

pub(super) fn link(
    linker: &mut Linker<State>,
    view: fn(&mut State) -> View<'_>,
) -> wasmtime::Result<()> {
    store::add_to_linker::<_, KeyValue>(linker, view)?;
    atomics::add_to_linker::<_, KeyValue>(linker, view)?;
    batch::add_to_linker::<_, KeyValue>(linker, view)
}

impl store::Host for View<'_> {
    fn open(&mut self, identifier: String) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        Ok(View::open(self, &identifier)?.ok_or(Error::AccessDenied))
    }
}

impl store::HostBucket for View<'_> {
    async fn get(
        &mut self,
        bucket: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(self.store(&bucket)?.get(key).await.map_err(Error::Other))
    }

    async fn set(
        &mut self,
        bucket: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let written = self.store(&bucket)?.set(key, value).await;
        Ok(written.map_err(Error::Other))
    }

    async fn delete(
        &mut self,
        bucket: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.store(&bucket)?.delete(key).await.map_err(Error::Other))
    }

    async fn exists(
        &mut self,
        bucket: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.store(&bucket)?.exists(key).await.map_err(Error::Other))
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Store>,
        cursor: Option<String>,
    ) -> wasmtime::Result<Result<KeyResponse, Error>> {
        let page = self.store(&bucket)?.page(cursor).await;
        let answer = |Page { keys, cursor }| KeyResponse { keys, cursor };
        Ok(page.map(answer).map_err(Error::Other))
    }

    fn drop(&mut self, bucket: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl View<'_> {
    async fn begin_swap(
        &mut self,
        store: Store,
        key: String,
    ) -> wasmtime::Result<Result<Resource<Cas>, Error>> {
        Ok(match store.clone().get(key.clone()).await {
            Ok(seen) => Ok(self.table.push(Cas { store, key, seen })?),
            Err(error) => Err(Error::Other(error)),
        })
    }
}

impl atomics::HostCas for View<'_> {
    async fn new(
        &mut self,
        bucket: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Resource<Cas>, Error>> {
        let store = self.store(&bucket)?;
        self.begin_swap(store, key).await
    }

    async fn current(
        &mut self,
        cas: Resource<Cas>,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let Cas { store, key, .. } = self.table.get(&cas)?;
        let (store, key) = (store.clone(), key.clone());
        Ok(match store.get(key).await {
            Ok(seen) => {
                self.table.get_mut(&cas)?.seen.clone_from(&seen);
                Ok(seen)
            }
            Err(error) => Err(Error::Other(error)),
        })
    }

    fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl atomics::Host for View<'_> {
    async fn increment(
        &mut self,
        bucket: Resource<Store>,
        key: String,
        delta: i64,
    ) -> wasmtime::Result<Result<i64, Error>> {
        let sum = self.store(&bucket)?.increment(key, delta).await;
        Ok(sum.map_err(Error::Other))
    }

    async fn swap(
        &mut self,
        cas: Resource<Cas>,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), atomics::CasError>> {
        let Cas { store, key, seen } = self.table.delete(cas)?;
        match store.clone().swap(key.clone(), seen, value).await {
            Ok(true) => return Ok(Ok(())),
            Ok(false) => {}
            Err(error) => return Ok(Err(atomics::CasError::StoreError(Error::Other(error)))),
        }
        let again = self.begin_swap(store, key).await?;
        Ok(Err(match again {
            Ok(cas) => atomics::CasError::CasFailed(cas),
            Err(error) => atomics::CasError::StoreError(error),
        }))
    }
}

impl batch::Host for View<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Store>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Found, Error>> {
        let found = self.store(&bucket)?.get_many(keys).await;
        Ok(found.map_err(Error::Other))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Store>,
        entries: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let written = self.store(&bucket)?.set_many(entries).await;
        Ok(written.map_err(Error::Other))
    }

    async fn delete_many(
        &mut self,
        bucket: Resource<Store>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let deleted = self.store(&bucket)?.delete_many(keys).await;
        Ok(deleted.map_err(Error::Other))
    }
}
