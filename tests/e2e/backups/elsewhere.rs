//! A server that has never heard of the application.

use anyhow::{Context, Result};
use spindrift_database::{PrivateServer, StateFolder, StateLock, connect};
use spindrift_tests::scratch;
use tempfile::TempDir;
use tokio_postgres::Client;

/// As a provider has one: its administrator makes roles and databases, and is no superuser.
const ADMIN: &str = "doadmin";

/// The server. Stopped in the end.
pub(super) struct Elsewhere {
    server: PrivateServer,
    superuser: String,
    host: String,
    _held: (StateLock, TempDir),
}

/// A database there, with nothing in it.
pub(super) struct Empty {
    /// A URL of the administrator's, who owns it.
    pub(super) admin_url: String,
    superuser_url: String,
}

impl Elsewhere {
    pub(super) async fn start() -> Result<Self> {
        let folder = scratch()?;
        let state = StateFolder::open(folder.path())?;
        let lock = state.lock()?;
        let server = PrivateServer::start(&lock, &|_| {}).await?;
        let password = state.secrets().read("role.postgres")?;
        let elsewhere = Self {
            superuser: format!("postgres:{}", password.context("no password")?),
            host: server.access().host(),
            server,
            _held: (lock, folder),
        };
        let sql = format!("CREATE ROLE {ADMIN} LOGIN CREATEROLE CREATEDB PASSWORD 'admin-secret'");
        elsewhere.execute(&sql).await?;
        Ok(elsewhere)
    }

    pub(super) async fn database(&self, name: &str) -> Result<Empty> {
        self.execute(&format!("CREATE DATABASE {name} OWNER {ADMIN}"))
            .await?;
        let url = |login: &str| format!("postgres://{login}@{}/{name}?sslmode=disable", self.host);
        Ok(Empty {
            admin_url: url(&format!("{ADMIN}:admin-secret")),
            superuser_url: url(&self.superuser),
        })
    }

    pub(super) async fn stop(self) -> Result<()> {
        Ok(self.server.stop().await?)
    }

    async fn execute(&self, sql: &str) -> Result<()> {
        let url = format!("postgres://{}@{}/postgres", self.superuser, self.host);
        Ok(connect(&url).await?.batch_execute(sql).await?)
    }
}

impl Empty {
    /// Connects as the superuser, whom no policy binds.
    pub(super) async fn connect(&self) -> Result<Client> {
        Ok(connect(&self.superuser_url).await?)
    }

    /// How many tables there are.
    pub(super) async fn tables(&self) -> Result<usize> {
        Ok(super::same::tables(&self.connect().await?).await?.len())
    }
}
