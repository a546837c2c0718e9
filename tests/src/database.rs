//! PostgreSQL: one server for the run, one database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use spindrift_database::{PrivateServer, StateFolder, StateLock, connect, migrate};
use tempfile::TempDir;
use tokio::sync::{Mutex, OnceCell};
use tokio_postgres::{Client, Row};

use crate::paths::workspace;
use crate::run_folder::scratch;

/// The run's server. It is never dropped; the server ends with this process.
struct Server {
    host: String,
    /// User and password of each role.
    postgres: String,
    owner: String,
    app: String,
    worker: String,
    /// A database cannot be copied twice at once.
    copying: Mutex<()>,
    _running: (PrivateServer, StateLock, TempDir),
}

/// A database with the application's schema, and nothing in it.
#[derive(Clone, Debug)]
pub struct Database {
    /// `host:port` of the server.
    pub host: String,
    /// Its name.
    pub name: String,
    /// A URL of the superuser's, whom no policy binds.
    pub superuser_url: String,
    /// A URL of the tables' owner.
    pub owner_url: String,
    /// A URL of the role that route functions have.
    pub app_url: String,
    /// A URL of the role that sign-in has.
    pub worker_url: String,
}

impl Database {
    /// Makes one.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or fails.
    pub async fn new() -> Result<Self> {
        static SERVER: OnceCell<Server> = OnceCell::const_new();
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let server = SERVER.get_or_try_init(|| Box::pin(Server::start())).await?;
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let url =
            |login: &str| format!("postgres://{login}@{}/{name}?sslmode=disable", server.host);
        let database = Self {
            host: server.host.clone(),
            superuser_url: url(&server.postgres),
            owner_url: url(&server.owner),
            app_url: url(&server.app),
            worker_url: url(&server.worker),
            name,
        };
        server.copy(&database.name).await?;
        Ok(database)
    }

    /// Connects as the superuser.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn connect(&self) -> Result<Client> {
        Ok(connect(&self.superuser_url).await?)
    }

    /// Runs a query as the superuser.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        let client = self.connect().await?;
        client
            .query(sql, &[])
            .await
            .with_context(|| format!("in {sql}"))
    }

    /// The first column of the first row, a number.
    ///
    /// # Errors
    /// The statement fails, or answers no row.
    pub async fn count(&self, sql: &str) -> Result<i64> {
        let rows = self.rows(sql).await?;
        Ok(rows.first().context("no row")?.get(0))
    }
}

impl Server {
    async fn start() -> Result<Self> {
        let folder = scratch()?;
        let state = StateFolder::open(folder.path())?;
        let lock = state.lock()?;
        let running = PrivateServer::start(&lock, &|_| {}).await?;
        let access = running.access();
        access
            .ensure_roles(["spindrift_app", "spindrift_worker"])
            .await?;
        migrate::migrate(
            &access.owner_url()?,
            &workspace().join("functions/migrations"),
            &|_| {},
        )
        .await?;
        let login = |role: &str| {
            let password = state.secrets().read(&format!("role.{role}"))?;
            let password = password.with_context(|| format!("{role} has no password"))?;
            anyhow::Ok(format!("{role}:{password}"))
        };
        Ok(Self {
            host: access.host(),
            postgres: login("postgres")?,
            owner: login("spindrift_owner")?,
            app: login("spindrift_app")?,
            worker: login("spindrift_worker")?,
            copying: Mutex::new(()),
            _running: (running, lock, folder),
        })
    }

    /// Makes a database like the one that was migrated.
    async fn copy(&self, name: &str) -> Result<()> {
        let url = format!(
            "postgres://{}@{}/postgres?sslmode=disable",
            self.postgres, self.host
        );
        let client = connect(&url).await?;
        let _alone = self.copying.lock().await;
        client
            .batch_execute(&format!(
                "CREATE DATABASE {name} TEMPLATE spindrift OWNER spindrift_owner"
            ))
            .await
            .with_context(|| format!("cannot make the database {name}"))
    }
}
