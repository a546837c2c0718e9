//! Sessions with the database, their statements prepared.

use anyhow::Result;
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::statements::Statements;

/// Sessions to borrow.
pub(crate) type Pool = deadpool::managed::Pool<Connector>;

/// At most `size` sessions, connected when they are first needed.
pub(crate) fn new(url: &str, size: usize, statements: Statements) -> Result<Pool> {
    let connector = Connector {
        config: url.parse()?,
        statements,
    };
    Ok(Pool::builder(connector).max_size(size).build()?)
}

/// A session. Its statements are named as in [`Statements`].
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) begin: Statement,
    pub(crate) set_user: Statement,
    pub(crate) create: Statement,
    pub(crate) list: Statement,
    pub(crate) commit: Statement,
}

/// Makes sessions.
pub(crate) struct Connector {
    config: Config,
    statements: Statements,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Manager for Connector {
    type Type = Session;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Session, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::error!(%error, "a database connection ended");
            }
        });
        let sql = &self.statements;
        Ok(Session {
            begin: client.prepare(&sql.begin).await?,
            set_user: client.prepare(&sql.set_user).await?,
            create: client.prepare(&sql.create).await?,
            list: client.prepare(&sql.list).await?,
            commit: client.prepare(&sql.commit).await?,
            client,
        })
    }

    async fn recycle(
        &self,
        session: &mut Session,
        _: &Metrics,
    ) -> RecycleResult<tokio_postgres::Error> {
        if session.client.is_closed() {
            Err(RecycleError::message("closed"))
        } else {
            Ok(())
        }
    }
}
