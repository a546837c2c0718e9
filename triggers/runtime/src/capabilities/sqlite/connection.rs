//! A connection, as an instance holds it, wherever its database is.

use std::sync::Arc;

use super::file::{File, FileConnection};
use super::server::Server;
use super::stream::Stream;
use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, Value};

/// A database that may be opened.
#[derive(Clone)]
pub(super) enum Database {
    File(Arc<File>),
    Server(Arc<Server>),
}

/// A connection. Clones are the same one.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Connection(Kind);

#[derive(Clone)]
enum Kind {
    File(FileConnection),
    Server(Arc<Stream>),
}

impl Connection {
    /// Opens a database. A server is asked for nothing before the first statement.
    pub(super) async fn open(database: Database) -> Result<Self, Error> {
        Ok(Self(match database {
            Database::File(file) => Kind::File(FileConnection::open(file).await?),
            Database::Server(server) => Kind::Server(Arc::new(Stream::new(server))),
        }))
    }

    /// Runs a statement. Dropping the future ends it.
    pub(super) async fn execute(
        self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, Error> {
        match self.0 {
            Kind::File(connection) => connection.execute(statement, parameters).await,
            Kind::Server(stream) => stream.execute(&statement, &parameters).await,
        }
    }

    pub(super) fn last_insert_rowid(&self) -> i64 {
        match &self.0 {
            Kind::File(connection) => connection.last_insert_rowid(),
            Kind::Server(stream) => stream.last_insert_rowid(),
        }
    }

    pub(super) fn changes(&self) -> u64 {
        match &self.0 {
            Kind::File(connection) => connection.changes(),
            Kind::Server(stream) => stream.changes(),
        }
    }

    /// Undoes a transaction that a request left open. Answers whether there was one, as
    /// far as anybody here knows: a server does not say.
    pub(super) fn roll_back(&self) -> bool {
        match &self.0 {
            Kind::File(connection) => connection.roll_back(),
            Kind::Server(stream) => {
                stream.end();
                false
            }
        }
    }
}
