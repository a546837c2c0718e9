//! `spin:mysql` and `fermyon:spin/mysql`: MySQL and MariaDB for functions, over pools
//! that outlive them.
//!
//! A connection that a function opens is a session lent by a pool for as long as the
//! function holds it ([`lent`]). It takes one statement after another ([`session`]), and
//! goes to the next function as if it were new.

mod address;
mod failure;
mod lent;
mod older;
mod pool;
mod session;
mod types;

use std::sync::Arc;

use spindrift_traces::Parent;
use wasmtime::component::{
    Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader,
};

use self::lent::Lent;
pub(crate) use self::pool::{Grant, Pools};
use self::session::Answer;
use super::traced;
use crate::bindings::spin::mysql::mysql as wit;
use crate::bindings::spin::mysql::mysql::{Column, DbValue, Error, ParameterValue};
use crate::state::State;

/// A connection, as an instance holds it.
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Connection(Arc<Lent>);

/// An instance's table, its component's grant, and the trace of its request.
pub(crate) struct View<'a> {
    table: &'a mut ResourceTable,
    grant: &'a Grant,
    trace: Option<&'a Parent>,
}

/// A connection that something is asked of.
struct Asked {
    lent: Arc<Lent>,
    trace: Option<Parent>,
}

/// The interfaces' place in the linker, and the kind of database.
#[derive(Clone)]
pub(crate) struct MySql;

impl HasData for MySql {
    type Data<'a> = View<'a>;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    fn view(state: &mut State) -> View<'_> {
        View {
            table: &mut state.table,
            grant: &state.grants.mysql,
            trace: state.outbound.trace.as_ref(),
        }
    }
    wit::add_to_linker::<_, MySql>(linker, view)?;
    older::link(linker, view)
}

async fn open(grant: Grant, address: String) -> Result<Connection, Error> {
    match grant.lend(address).await {
        Ok(lent) => Ok(Connection(Arc::new(lent))),
        Err(message) => Err(Error::ConnectionFailed(message)),
    }
}

impl Asked {
    async fn ask(self, sql: String, params: Vec<ParameterValue>) -> Result<Answer, Error> {
        let span = traced::statement(self.trace.as_ref(), "mysql", &sql);
        self.lent.ask(&sql, types::params(params), span).await
    }
}

impl View<'_> {
    fn connection(&self, connection: &Resource<Connection>) -> wasmtime::Result<Asked> {
        Ok(Asked {
            lent: self.table.get(connection)?.0.clone(),
            trace: self.trace.cloned(),
        })
    }

    fn hand_out(&mut self, connection: Result<Connection, Error>) -> Opened {
        Ok(match connection {
            Ok(connection) => Ok(self.table.push(connection)?),
            Err(error) => Err(error),
        })
    }

    fn drop_connection(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

type Opened = wasmtime::Result<Result<Resource<Connection>, Error>>;
type Streamed = (
    Vec<Column>,
    StreamReader<Vec<DbValue>>,
    FutureReader<Result<(), Error>>,
);

impl wit::Host for View<'_> {}

impl wit::HostConnection for View<'_> {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

impl<T: Send> wit::HostConnectionWithStore<T> for MySql {
    async fn open(access: &Accessor<T, Self>, address: String) -> Opened {
        let grant = access.with(|mut access| access.get().grant.clone());
        let opened = open(grant, address).await;
        access.with(|mut access| access.get().hand_out(opened))
    }

    async fn query(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<Streamed, Error>> {
        let connection = access.with(|mut access| access.get().connection(&connection))?;
        let Answer { columns, rows } = match connection.ask(sql, params).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        access.with(|mut access| {
            let rows = StreamReader::new(&mut access, rows)?;
            let end = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok(Ok((columns, rows, end)))
        })
    }

    async fn execute(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let connection = access.with(|mut access| access.get().connection(&connection))?;
        Ok(connection.ask(sql, params).await.map(|_| ()))
    }
}
