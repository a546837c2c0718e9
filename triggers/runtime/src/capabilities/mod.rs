//! What a function may touch beyond its own memory, one module an interface.
//!
//! Each capability has four moments: `link` adds its host functions to the
//! linker, once a process; `grant` reads what a component's manifest allows it,
//! once a component, so that a wrong manifest fails before the first request;
//! the instance's [`State`] refers to the grant, so that preparing an instance
//! costs nothing; and the host functions check the grant at each use. What is
//! not granted is denied, and the denial prints the line that would allow it.

mod bearer;
mod connections;
pub(crate) mod files;
pub(crate) mod key_value;
pub(crate) mod llm;
pub(crate) mod mqtt;
pub(crate) mod mysql;
pub(crate) mod outbound_http;
mod pools;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod sockets;
pub(crate) mod sqlite;
mod traced;
pub(crate) mod variables;

use std::path::Path;
use std::sync::Arc;

use spindrift_manifest::{AllowedHosts, Component, Expanded};
use wasmtime::component::Linker;

pub(crate) use self::connections::Connections;
use crate::metrics::Metrics;
use crate::neighbours::Introduced;
use crate::runtime::Options;
use crate::state::State;

/// What the process has of each capability, shared by all components.
pub(crate) struct Shared {
    postgres: postgres::Pools,
    mysql: mysql::Pools,
    key_value: key_value::Stores,
    redis: Arc<redis::Servers>,
    sqlite: sqlite::Databases,
    models: Option<Arc<llm::ModelServer>>,
    outbound: Arc<outbound_http::Common>,
    pub(crate) neighbours: Arc<Introduced>,
}

/// What one component was granted.
pub(crate) struct Grants {
    pub(crate) variables: variables::Grant,
    pub(crate) hosts: Arc<outbound_http::Grant>,
    pub(crate) postgres: postgres::Grant,
    pub(crate) mysql: mysql::Grant,
    pub(crate) mqtt: mqtt::Grant,
    pub(crate) redis: redis::Grant,
    pub(crate) sockets: Arc<sockets::Grant>,
    pub(crate) key_value: key_value::Grant,
    pub(crate) sqlite: sqlite::Grant,
    pub(crate) llm: llm::Grant,
    pub(crate) files: files::Grant,
    /// The environment, as `(name, value)`.
    pub(crate) environment: Vec<(String, String)>,
}

impl Shared {
    pub(crate) fn new(options: &Options, metrics: &Metrics) -> Self {
        let connections = options.database_connections;
        let outbound = Arc::new(outbound_http::Common::new(options));
        let blocked = outbound.blocked();
        let database = &metrics.database;
        Self {
            postgres: postgres::Pools::new(connections, database.clone(), blocked.clone()),
            redis: Arc::new(redis::Servers::new(connections, blocked.clone())),
            mysql: mysql::Pools::new(connections, database.clone(), blocked.clone()),
            key_value: key_value::Stores::new(
                &options.state,
                &options.key_value_stores,
                connections,
                database,
            ),
            sqlite: sqlite::Databases::new(&options.state, &options.sqlite_databases),
            models: options.models.clone().map(Arc::new),
            outbound,
            neighbours: Arc::default(),
        }
    }

    /// Reads a component's grants. The error is the manifest's mistake and its
    /// remedy, in words.
    pub(crate) fn grant(
        &self,
        component: &Component,
        expanded: Expanded,
        root: &Path,
        state: &Path,
        environment: &[(String, String)],
    ) -> Result<Grants, String> {
        let hosts =
            AllowedHosts::parse(&expanded.allowed_outbound_hosts).map_err(|e| e.to_string())?;
        let neighbours = self.neighbours.clone();
        let outbound = self.outbound.clone();
        let hosts = outbound_http::Grant::new(component.clone(), hosts, neighbours, outbound);
        let hosts = Arc::new(hosts);
        // What the command line adds comes last: it wins.
        let environment = component
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .chain(environment.iter().cloned())
            .collect();
        Ok(Grants {
            variables: variables::Grant::new(expanded.variables),
            postgres: self.postgres.grant(hosts.clone()),
            mysql: self.mysql.grant(hosts.clone()),
            mqtt: mqtt::Grant::new(hosts.clone()),
            redis: redis::Grant::new(self.redis.clone(), hosts.clone()),
            sockets: Arc::new(sockets::Grant::new(hosts.clone())),
            hosts,
            key_value: self
                .key_value
                .grant(&component.id, &component.key_value_stores),
            sqlite: self
                .sqlite
                .grant(&component.id, &component.sqlite_databases)?,
            llm: llm::Grant::new(&component.id, &component.ai_models, self.models.clone()),
            files: files::Grant::new(component, root, state)?,
            environment,
        })
    }
}

/// Adds every interface to the linker.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    // Clocks, random, environment, files, standard streams, sockets.
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi::p3::add_to_linker(linker)?;
    outbound_http::link(linker)?;
    sockets::link(linker)?;
    variables::link(linker)?;
    key_value::link(linker)?;
    llm::link(linker)?;
    sqlite::link(linker)?;
    mysql::link(linker)?;
    mqtt::link(linker)?;
    redis::link(linker)?;
    postgres::link(linker)
}
