//! `spin:sqlite` and `fermyon:spin/sqlite`: databases in files of the state folder or
//! elsewhere, or on servers ([`place`]), one for each label, shared by the components that
//! may open it.

mod connection;
mod file;
mod hrana;
mod older;
mod place;
mod rules;
mod server;
mod stream;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::{
    Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader,
};

#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub use self::connection::Connection;
use self::connection::Database;
use self::file::File;
pub use self::place::{SqlitePlace, SqliteServer};
use self::server::Server;
use crate::bindings::spin::sqlite::sqlite as wit;
use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, RowResult, Value};
use crate::state::State;

/// The databases of a state folder, and those that are elsewhere.
pub(crate) struct Databases {
    folder: PathBuf,
    /// By label: those that are not in that folder.
    elsewhere: BTreeMap<String, SqlitePlace>,
    /// By label: those that a component may open.
    known: Mutex<BTreeMap<String, Database>>,
}

/// Those that one component may open.
pub(crate) struct Grant {
    component: String,
    databases: BTreeMap<String, Database>,
}

/// The connections that an instance has opened.
#[derive(Default)]
pub(crate) struct Opened(Vec<(u32, Connection)>);

impl Databases {
    /// Databases in `state`, and at `places` by their labels.
    pub(crate) fn new(state: &Path, places: &BTreeMap<String, SqlitePlace>) -> Self {
        Self {
            folder: state.join("sqlite"),
            elsewhere: places.clone(),
            known: Mutex::default(),
        }
    }

    pub(crate) fn grant(&self, component: &str, labels: &[String]) -> Result<Grant, String> {
        if labels
            .iter()
            .any(|label| !self.elsewhere.contains_key(label))
        {
            let folder = &self.folder;
            std::fs::create_dir_all(folder).map_err(|error| {
                format!(
                    "cannot make {} for its databases: {error}",
                    folder.display()
                )
            })?;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let database = |label: &String| {
            let database = known
                .entry(label.clone())
                .or_insert_with(|| self.database(label));
            (label.clone(), database.clone())
        };
        Ok(Grant {
            component: component.to_owned(),
            databases: labels.iter().map(database).collect(),
        })
    }

    fn database(&self, label: &str) -> Database {
        let file = |path| Database::File(Arc::new(File::at(path)));
        match self.elsewhere.get(label) {
            None => file(self.folder.join(format!("{label}.sqlite"))),
            Some(SqlitePlace::File(path)) => file(path.clone()),
            Some(SqlitePlace::Server(server)) => {
                Database::Server(Arc::new(Server::new(server.clone())))
            }
        }
    }
}

impl Grant {
    fn database(&self, label: &str) -> Result<Database, Error> {
        self.databases.get(label).cloned().ok_or_else(|| {
            let function = &self.component;
            tracing::warn!(
                function,
                "component \"{function}\" may not open the SQLite database \"{label}\"; allow it in spin.toml:\n\n[component.{function}]\nsqlite_databases = [\"{label}\"]"
            );
            Error::AccessDenied
        })
    }
}

impl Opened {
    /// A request has ended: what it left undone of a transaction is undone, for whoever
    /// writes next would else wait for it, or have what it writes undone later.
    pub(crate) fn roll_back(&self, function: &str) {
        let left = self.0.iter().filter(|(_, open)| open.roll_back()).count();
        if left > 0 {
            tracing::warn!(
                function,
                "a transaction of SQLite was left open by its request and is rolled back"
            );
        }
    }
}

/// An instance's table, its component's grant, and what it has open.
pub(crate) struct View<'a> {
    table: &'a mut ResourceTable,
    grant: &'a Grant,
    opened: &'a mut Opened,
}

impl View<'_> {
    fn connection(&self, connection: &Resource<Connection>) -> wasmtime::Result<Connection> {
        Ok(self.table.get(connection)?.clone())
    }

    fn hand_out(
        &mut self,
        opened: Result<Connection, Error>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        Ok(match opened {
            Ok(connection) => {
                let resource = self.table.push(connection.clone())?;
                self.opened.0.push((resource.rep(), connection));
                Ok(resource)
            }
            Err(error) => Err(error),
        })
    }

    fn drop_connection(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.opened.0.retain(|(rep, _)| *rep != connection.rep());
        // Closing it undoes its transaction.
        self.table.delete(connection)?;
        Ok(())
    }
}

async fn open(database: Result<Database, Error>) -> Result<Connection, Error> {
    Connection::open(database?).await
}

/// The interfaces' place in the linker.
pub(crate) struct Sqlite;

impl HasData for Sqlite {
    type Data<'a> = View<'a>;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    fn view(state: &mut State) -> View<'_> {
        View {
            table: &mut state.table,
            grant: &state.grants.sqlite,
            opened: &mut state.sqlite,
        }
    }
    wit::add_to_linker::<_, Sqlite>(linker, view)?;
    older::link(linker, view)
}

type Streamed = (
    Vec<String>,
    StreamReader<RowResult>,
    FutureReader<Result<(), Error>>,
);

impl wit::Host for View<'_> {}

impl wit::HostConnection for View<'_> {
    async fn open(
        &mut self,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let opened = open(self.grant.database(&label)).await;
        self.hand_out(opened)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let connection = self.connection(&connection)?;
        Ok(connection.execute(statement, parameters).await)
    }

    fn last_insert_rowid(&mut self, connection: Resource<Connection>) -> wasmtime::Result<i64> {
        Ok(self.connection(&connection)?.last_insert_rowid())
    }

    fn changes(&mut self, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        Ok(self.connection(&connection)?.changes())
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

/// The open connection behind a guest's handle.
fn opened<T>(
    access: &Accessor<T, Sqlite>,
    connection: &Resource<Connection>,
) -> wasmtime::Result<Connection> {
    access.with(|mut access| access.get().connection(connection))
}

impl<T: Send> wit::HostConnectionWithStore<T> for Sqlite {
    async fn open_async(
        access: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let database = access.with(|mut access| access.get().grant.database(&label));
        let opened = open(database).await;
        access.with(|mut access| access.get().hand_out(opened))
    }

    async fn execute_async(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<Streamed, Error>> {
        let connection = opened(access, &connection)?;
        let QueryResult { columns, rows } = match connection.execute(statement, parameters).await {
            Ok(result) => result,
            Err(error) => return Ok(Err(error)),
        };
        access.with(|mut access| {
            let rows = StreamReader::new(&mut access, rows)?;
            let end = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok(Ok((columns, rows, end)))
        })
    }

    async fn last_insert_rowid_async(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
    ) -> wasmtime::Result<i64> {
        Ok(opened(access, &connection)?.last_insert_rowid())
    }

    async fn changes_async(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
    ) -> wasmtime::Result<u64> {
        Ok(opened(access, &connection)?.changes())
    }
}
