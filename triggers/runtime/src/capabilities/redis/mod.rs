//! `spin:redis` and `fermyon:spin/redis`: Redis for functions, over connections that
//! outlive them.
//!
//! Functions that name one address share a connection, on which many commands are under
//! way at once ([`server`]). A command that would change what the connection is for the
//! others, or hold them up, is sent on one of the function's own, and so is whatever the
//! function sends after it ([`opened`], [`commands`]).

mod asked;
mod commands;
mod convert;
mod older;
mod opened;
mod server;
mod traced;

use std::sync::Arc;

use spindrift_traces::Parent;
use wasmtime::component::{Accessor, HasData, Linker, Resource, ResourceTable};

use self::asked::Asked;
pub(crate) use self::convert::{refusal, unanswered};
use self::opened::Opened;
pub(crate) use self::server::{Grant, Server, Servers};
use crate::bindings::spin::redis::redis as wit;
use crate::bindings::spin::redis::redis::{Error, RedisParameter, RedisResult};
use crate::state::State;

/// A connection, as an instance holds it.
#[expect(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Connection(Arc<Opened>);

/// An instance's table, its component's grant, and the trace of its request.
pub(crate) struct View<'a> {
    table: &'a mut ResourceTable,
    grant: &'a Grant,
    trace: Option<&'a Parent>,
}

impl View<'_> {
    fn asked(&self, connection: &Resource<Connection>) -> wasmtime::Result<Asked> {
        Ok(Asked {
            opened: self.table.get(connection)?.0.clone(),
            trace: self.trace.cloned(),
        })
    }

    fn hand_out(
        &mut self,
        opened: Result<Connection, Error>,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        Ok(match opened {
            Ok(connection) => Ok(self.table.push(connection)?),
            Err(error) => Err(error),
        })
    }

    fn drop_connection(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

async fn open(server: Result<Arc<Server>, Error>) -> Result<Connection, Error> {
    Ok(Connection(Arc::new(Opened::new(server?).await?)))
}

/// The interfaces' place in the linker.
pub(crate) struct Redis;

impl HasData for Redis {
    type Data<'a> = View<'a>;
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    fn view(state: &mut State) -> View<'_> {
        View {
            table: &mut state.table,
            grant: &state.grants.redis,
            trace: state.outbound.trace.as_ref(),
        }
    }
    wit::add_to_linker::<_, Redis>(linker, view)?;
    older::link(linker, view)
}

impl wit::Host for View<'_> {}

impl wit::HostConnection for View<'_> {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

/// The open connection behind a guest's handle.
fn asked<T>(
    access: &Accessor<T, Redis>,
    connection: &Resource<Connection>,
) -> wasmtime::Result<Asked> {
    access.with(|mut access| access.get().asked(connection))
}

impl<T: Send> wit::HostConnectionWithStore<T> for Redis {
    async fn open(
        access: &Accessor<T, Self>,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        let server = access.with(|mut access| access.get().grant.server(&address));
        let opened = open(server).await;
        access.with(|mut access| access.get().hand_out(opened))
    }

    async fn publish(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(asked(access, &connection)?.publish(channel, payload).await)
    }

    async fn get(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(asked(access, &connection)?.get(key).await)
    }

    async fn set(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(asked(access, &connection)?.set(key, value).await)
    }

    async fn incr(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> wasmtime::Result<Result<i64, Error>> {
        Ok(asked(access, &connection)?.incr(key).await)
    }

    async fn del(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<u32, Error>> {
        Ok(asked(access, &connection)?.del(keys).await)
    }

    async fn sadd(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> wasmtime::Result<Result<u32, Error>> {
        Ok(asked(access, &connection)?.sadd(key, values).await)
    }

    async fn smembers(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
    ) -> wasmtime::Result<Result<Vec<String>, Error>> {
        Ok(asked(access, &connection)?.smembers(key).await)
    }

    async fn srem(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> wasmtime::Result<Result<u32, Error>> {
        Ok(asked(access, &connection)?.srem(key, values).await)
    }

    async fn execute(
        access: &Accessor<T, Self>,
        connection: Resource<Connection>,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> wasmtime::Result<Result<Vec<RedisResult>, Error>> {
        let asked = asked(access, &connection)?;
        Ok(asked.execute(command, arguments).await)
    }
}
