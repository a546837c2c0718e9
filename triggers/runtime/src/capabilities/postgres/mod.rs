//! `spin:postgres` and `fermyon:spin/postgres`: PostgreSQL for functions, over pools that
//! outlive them.
//!
//! A connection that a function opens is a session lent by a pool for as long
//! as the function holds it ([`lent`]). Calls on it reach the server in order
//! and without waiting for one another ([`session`]). What a function leaves in
//! it never reaches the next one ([`statement`]).

mod convert;
mod lent;
mod older;
mod oldest;
mod pool;
mod rows;
mod session;
mod statement;
mod types;

use std::sync::Arc;

use futures::{TryStreamExt, pin_mut};
use spindrift_traces::Parent;
use wasmtime::component::{
    Accessor, FutureReader, HasData, Linker, Resource, ResourceTable, StreamReader,
};

use self::convert::query_failed;
use self::lent::{Call, Lent};
use self::pool::Key;
pub(crate) use self::pool::{Grant, Pools};
use self::rows::Rows;
use self::session::Started;
use self::types::Param;
use super::traced;
use crate::bindings::spin::postgres4_2_0::postgres as wit;
use crate::bindings::spin::postgres4_2_0::postgres::{DbValue, Error, ParameterValue, RowSet};
use crate::passage::{Passage, come_past};
use crate::state::State;

/// A connection, as an instance holds it.
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Connection(Arc<Lent>);

/// A connection to be, as an instance holds it.
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Builder(Key);

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
pub(crate) struct Postgres;

impl HasData for Postgres {
    type Data<'a> = View<'a>;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    fn view(state: &mut State) -> View<'_> {
        View {
            table: &mut state.table,
            grant: &state.grants.postgres,
            trace: state.outbound.trace.as_ref(),
        }
    }
    wit::add_to_linker::<_, Postgres>(linker, view)?;
    older::link(linker, view)?;
    oldest::link(linker, view)
}

async fn open(grant: Grant, key: Key) -> Result<Connection, Error> {
    match grant.lend(&key).await {
        Ok(lent) => Ok(Connection(Arc::new(lent))),
        Err(message) => Err(Error::ConnectionFailed(message)),
    }
}

fn address(address: String) -> Key {
    Key {
        address,
        roots: None,
    }
}

impl Asked {
    /// Starts a statement; see [`Session::start`](session::Session::start).
    async fn start(
        &self,
        sql: &str,
        params: Vec<Param>,
    ) -> Result<(Started, Call), tokio_postgres::Error> {
        let span = traced::statement(self.trace.as_ref(), "postgresql", sql);
        self.lent.start(sql, params, span).await
    }

    async fn execute(self, sql: String, params: Vec<ParameterValue>) -> Result<u64, Error> {
        let params = types::params(params)?;
        let (started, call) = self
            .start(&sql, params)
            .await
            .map_err(|e| query_failed(&e))?;
        let rows = started.rows;
        pin_mut!(rows);
        loop {
            match rows.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    call.fail(&error);
                    return Err(query_failed(&error));
                }
            }
        }
        call.finish();
        if started.ends_transaction {
            come_past(Passage::TransactionEnded);
        }
        Ok(rows.rows_affected().unwrap_or(0))
    }

    async fn query(self, sql: String, params: Vec<ParameterValue>) -> Result<RowSet, Error> {
        let params = types::params(params)?;
        let (started, call) = self
            .start(&sql, params)
            .await
            .map_err(|e| query_failed(&e))?;
        let rows = started
            .rows
            .and_then(|row| std::future::ready(types::row(&row)))
            .try_collect()
            .await;
        match rows {
            Ok(rows) => {
                call.finish();
                Ok(RowSet {
                    columns: started.prepared.columns.clone(),
                    rows,
                })
            }
            Err(error) => {
                call.fail(&error);
                Err(query_failed(&error))
            }
        }
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
}

type Opened = wasmtime::Result<Result<Resource<Connection>, Error>>;
type Streamed = (
    Vec<wit::Column>,
    StreamReader<Vec<DbValue>>,
    FutureReader<Result<(), Error>>,
);

impl wit::Host for View<'_> {}

impl wit::HostConnectionBuilder for View<'_> {
    fn new(&mut self, text: String) -> wasmtime::Result<Resource<Builder>> {
        Ok(self.table.push(Builder(address(text)))?)
    }

    fn set_ca_root(
        &mut self,
        builder: Resource<Builder>,
        pem: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        self.table.get_mut(&builder)?.0.roots = Some(pem);
        Ok(Ok(()))
    }

    async fn build(&mut self, builder: Resource<Builder>) -> Opened {
        let key = self.table.get(&builder)?.0.clone();
        let opened = open(self.grant.clone(), key).await;
        self.hand_out(opened)
    }

    fn drop(&mut self, builder: Resource<Builder>) -> wasmtime::Result<()> {
        self.table.delete(builder)?;
        Ok(())
    }
}

impl<T: Send> wit::HostConnectionBuilderWithStore<T> for Postgres {
    async fn build_async(access: &Accessor<T, Self>, builder: Resource<Builder>) -> Opened {
        let (grant, key) = access.with(|mut access| {
            let view = access.get();
            wasmtime::error::Ok((view.grant.clone(), view.table.get(&builder)?.0.clone()))
        })?;
        let opened = open(grant, key).await;
        access.with(|mut access| access.get().hand_out(opened))
    }
}

impl wit::HostConnection for View<'_> {
    async fn open(&mut self, text: String) -> Opened {
        let opened = open(self.grant.clone(), address(text)).await;
        self.hand_out(opened)
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<RowSet, Error>> {
        Ok(self.connection(&connection)?.query(sql, params).await)
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        Ok(self.connection(&connection)?.execute(sql, params).await)
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> wit::HostConnectionWithStore<T> for Postgres {
    async fn open_async(access: &Accessor<T, Self>, text: String) -> Opened {
        let grant = access.with(|mut access| access.get().grant.clone());
        let opened = open(grant, address(text)).await;
        access.with(|mut access| access.get().hand_out(opened))
    }

    async fn query_async(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<Streamed, Error>> {
        let connection = access.with(|mut access| access.get().connection(&connection))?;
        let params = match types::params(params) {
            Ok(params) => params,
            Err(error) => return Ok(Err(error)),
        };
        let (started, call) = match connection.start(&sql, params).await {
            Ok(started) => started,
            Err(error) => return Ok(Err(query_failed(&error))),
        };
        let (rows, end) = Rows::new(started.rows, call);
        access.with(|mut access| {
            let rows = StreamReader::new(&mut access, rows)?;
            // A sender that is gone means that nobody read on: no error.
            let end = async move { wasmtime::error::Ok(end.await.unwrap_or(Ok(()))) };
            let end = FutureReader::new(&mut access, end)?;
            Ok(Ok((started.prepared.columns.clone(), rows, end)))
        })
    }

    async fn execute_async(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<ParameterValue>,
    ) -> wasmtime::Result<Result<u64, Error>> {
        let connection = access.with(|mut access| access.get().connection(&connection))?;
        Ok(connection.execute(sql, params).await)
    }
}
