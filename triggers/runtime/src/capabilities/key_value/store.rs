//! A store, wherever it is: what the interfaces ask of it.

use super::answer::{Found, Page};
use super::file::FileStore;
use super::postgres::PostgresStore;
use super::redis::RedisStore;

/// An open store, as an instance holds it.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Store(Backend);

/// Where it is.
#[derive(Clone)]
enum Backend {
    File(FileStore),
    Redis(RedisStore),
    Postgres(PostgresStore),
}

impl From<FileStore> for Store {
    fn from(store: FileStore) -> Self {
        Self(Backend::File(store))
    }
}

impl From<RedisStore> for Store {
    fn from(store: RedisStore) -> Self {
        Self(Backend::Redis(store))
    }
}

impl From<PostgresStore> for Store {
    fn from(store: PostgresStore) -> Self {
        Self(Backend::Postgres(store))
    }
}

// The errors are words for the guest, without secrets. What asks a server is in a box, for
// it is large: what asks the file would otherwise be as large.
impl Store {
    pub(super) async fn get(self, key: String) -> Result<Option<Vec<u8>>, String> {
        match self.0 {
            Backend::File(store) => store.get(key).await,
            Backend::Redis(store) => Box::pin(store.get(key)).await,
            Backend::Postgres(store) => Box::pin(store.get(key)).await,
        }
    }

    /// Writes a value, which is kept once this has answered.
    pub(super) async fn set(self, key: String, value: Vec<u8>) -> Result<(), String> {
        match self.0 {
            Backend::File(store) => store.set(key, value).await,
            Backend::Redis(store) => Box::pin(store.set(key, value)).await,
            Backend::Postgres(store) => Box::pin(store.set(key, value)).await,
        }
    }

    pub(super) async fn delete(self, key: String) -> Result<(), String> {
        match self.0 {
            Backend::File(store) => store.delete(key).await,
            Backend::Redis(store) => Box::pin(store.delete(key)).await,
            Backend::Postgres(store) => Box::pin(store.delete(key)).await,
        }
    }

    pub(super) async fn exists(self, key: String) -> Result<bool, String> {
        match self.0 {
            Backend::File(store) => store.exists(key).await,
            Backend::Redis(store) => Box::pin(store.exists(key)).await,
            Backend::Postgres(store) => Box::pin(store.exists(key)).await,
        }
    }

    /// All keys, in their order.
    pub(super) async fn keys(self) -> Result<Vec<String>, String> {
        match self.0 {
            Backend::File(store) => store.keys().await,
            Backend::Redis(store) => Box::pin(store.keys()).await,
            Backend::Postgres(store) => Box::pin(store.keys()).await,
        }
    }

    /// Keys from a page's cursor on, or from the first.
    pub(super) async fn page(self, cursor: Option<String>) -> Result<Page, String> {
        match self.0 {
            Backend::File(store) => store.page(cursor).await,
            Backend::Redis(store) => Box::pin(store.page(cursor)).await,
            Backend::Postgres(store) => Box::pin(store.page(cursor)).await,
        }
    }

    /// Adds to a number, of which an absent one counts as 0. Answers the sum.
    pub(super) async fn increment(self, key: String, delta: i64) -> Result<i64, String> {
        match self.0 {
            Backend::File(store) => store.increment(key, delta).await,
            Backend::Redis(store) => Box::pin(store.increment(key, delta)).await,
            Backend::Postgres(store) => Box::pin(store.increment(key, delta)).await,
        }
    }

    /// Writes `value` where the key still has what was `seen`. False where it has not.
    pub(super) async fn swap(
        self,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, String> {
        match self.0 {
            Backend::File(store) => store.swap(key, seen, value).await,
            Backend::Redis(store) => Box::pin(store.swap(key, seen, value)).await,
            Backend::Postgres(store) => Box::pin(store.swap(key, seen, value)).await,
        }
    }

    /// The values of keys, in the order in which they were asked for.
    pub(super) async fn get_many(self, keys: Vec<String>) -> Result<Found, String> {
        match self.0 {
            Backend::File(store) => store.get_many(keys).await,
            Backend::Redis(store) => Box::pin(store.get_many(keys)).await,
            Backend::Postgres(store) => Box::pin(store.get_many(keys)).await,
        }
    }

    /// Writes all of them, or none.
    pub(super) async fn set_many(self, entries: Vec<(String, Vec<u8>)>) -> Result<(), String> {
        match self.0 {
            Backend::File(store) => store.set_many(entries).await,
            Backend::Redis(store) => Box::pin(store.set_many(entries)).await,
            Backend::Postgres(store) => Box::pin(store.set_many(entries)).await,
        }
    }

    /// Deletes all of them, or none.
    pub(super) async fn delete_many(self, keys: Vec<String>) -> Result<(), String> {
        match self.0 {
            Backend::File(store) => store.delete_many(keys).await,
            Backend::Redis(store) => Box::pin(store.delete_many(keys)).await,
            Backend::Postgres(store) => Box::pin(store.delete_many(keys)).await,
        }
    }
}
