//! All stores of a process, and those that a component may open.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::Store;
use super::file::{Database, FileStore};
use super::place::{Protocol, StorePlace};
use super::postgres::{self, PostgresStore};
use super::redis::RedisStore;
use crate::capabilities::redis::Server;
use crate::metrics::DatabaseMetrics;

/// All stores of the process.
pub(crate) struct Stores {
    /// The file of those that are nowhere else.
    usual: Kept,
    /// By label.
    elsewhere: BTreeMap<String, Kept>,
}

/// What keeps stores.
enum Kept {
    File(Arc<Database>),
    Redis(Arc<Server>),
    Postgres(Arc<postgres::Server>),
}

/// The stores that a component may open, by their labels.
pub(crate) struct Grant {
    component: String,
    stores: BTreeMap<String, Store>,
}

impl Stores {
    /// Stores in `state`, and at `places` by their labels. Labels that name one server
    /// share its connections: `connections` at the most, where there are several.
    pub(crate) fn new(
        state: &Path,
        places: &BTreeMap<String, StorePlace>,
        connections: usize,
        metrics: &DatabaseMetrics,
    ) -> Self {
        let (mut caches, mut databases) = (HashMap::new(), HashMap::new());
        let mut keep = |place: &StorePlace| match place {
            StorePlace::File(path) => Kept::File(Arc::new(Database::new(path.clone()))),
            StorePlace::Server(server) => match &server.protocol {
                Protocol::Redis(address) => {
                    // The operator named it: no network is out of its reach, and no
                    // function is lent a connection of its own.
                    let make = || Arc::new(Server::new(address.clone(), Arc::default(), 0));
                    let cache = caches.entry(server.url.clone()).or_insert_with(make);
                    Kept::Redis(cache.clone())
                }
                Protocol::Postgres(target) => {
                    let make = || {
                        let target = (**target).clone();
                        Arc::new(postgres::Server::new(target, connections, metrics.clone()))
                    };
                    let database = databases.entry(server.url.clone()).or_insert_with(make);
                    Kept::Postgres(database.clone())
                }
            },
        };
        let places = places.iter();
        let elsewhere = places.map(|(label, place)| (label.clone(), keep(place)));
        Self {
            elsewhere: elsewhere.collect(),
            usual: Kept::File(Arc::new(Database::new(state.join("key-value.sqlite")))),
        }
    }

    pub(crate) fn grant(&self, component: &str, labels: &[String]) -> Grant {
        let store = |label: &String| {
            let kept = self.elsewhere.get(label).unwrap_or(&self.usual);
            (label.clone(), kept.store(label))
        };
        Grant {
            component: component.to_owned(),
            stores: labels.iter().map(store).collect(),
        }
    }
}

impl Kept {
    fn store(&self, label: &str) -> Store {
        let label = label.into();
        match self {
            Self::File(database) => Store::from(FileStore {
                label,
                database: database.clone(),
            }),
            Self::Redis(server) => Store::from(RedisStore {
                label,
                server: server.clone(),
            }),
            Self::Postgres(server) => Store::from(PostgresStore {
                label,
                server: server.clone(),
            }),
        }
    }
}

impl Grant {
    /// The store of a label, or `None` when the component may not open it.
    pub(super) fn open(&self, label: &str) -> Option<Store> {
        let store = self.stores.get(label).cloned();
        if store.is_none() {
            let function = &self.component;
            tracing::warn!(
                function,
                "component \"{function}\" may not open the key-value store \"{label}\"; allow it in spin.toml:\n\n[component.{function}]\nkey_value_stores = [\"{label}\"]"
            );
        }
        store
    }
}
