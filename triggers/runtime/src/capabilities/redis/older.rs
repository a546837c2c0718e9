//! The generation before: `fermyon:spin/redis`.

use wasmtime::component::{Linker, Resource};

use super::{Connection, Redis, View, open, wit};
use crate::bindings::fermyon::spin::redis as older;
use crate::state::State;

pub(super) fn link(
    linker: &mut Linker<State>,
    view: fn(&mut State) -> View<'_>,
) -> wasmtime::Result<()> {
    older::add_to_linker::<_, Redis>(linker, view)
}

impl older::Host for View<'_> {}

impl older::HostConnection for View<'_> {
    async fn open(
        &mut self,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, older::Error>> {
        let opened = open(self.grant.server(&address)).await;
        Ok(self.hand_out(opened)?.map_err(error))
    }

    async fn publish(
        &mut self,
        connection: Resource<Connection>,
        channel: String,
        payload: Vec<u8>,
    ) -> wasmtime::Result<Result<(), older::Error>> {
        let published = self.asked(&connection)?.publish(channel, payload).await;
        Ok(published.map_err(error))
    }

    async fn get(
        &mut self,
        connection: Resource<Connection>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, older::Error>> {
        Ok(self.asked(&connection)?.get(key).await.map_err(error))
    }

    async fn set(
        &mut self,
        connection: Resource<Connection>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), older::Error>> {
        let set = self.asked(&connection)?.set(key, value).await;
        Ok(set.map_err(error))
    }

    async fn incr(
        &mut self,
        connection: Resource<Connection>,
        key: String,
    ) -> wasmtime::Result<Result<i64, older::Error>> {
        Ok(self.asked(&connection)?.incr(key).await.map_err(error))
    }

    async fn del(
        &mut self,
        connection: Resource<Connection>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<u32, older::Error>> {
        Ok(self.asked(&connection)?.del(keys).await.map_err(error))
    }

    async fn sadd(
        &mut self,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> wasmtime::Result<Result<u32, older::Error>> {
        let added = self.asked(&connection)?.sadd(key, values).await;
        Ok(added.map_err(error))
    }

    async fn smembers(
        &mut self,
        connection: Resource<Connection>,
        key: String,
    ) -> wasmtime::Result<Result<Vec<String>, older::Error>> {
        Ok(self.asked(&connection)?.smembers(key).await.map_err(error))
    }

    async fn srem(
        &mut self,
        connection: Resource<Connection>,
        key: String,
        values: Vec<String>,
    ) -> wasmtime::Result<Result<u32, older::Error>> {
        let removed = self.asked(&connection)?.srem(key, values).await;
        Ok(removed.map_err(error))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        command: String,
        arguments: Vec<older::RedisParameter>,
    ) -> wasmtime::Result<Result<Vec<older::RedisResult>, older::Error>> {
        let asked = self.asked(&connection)?;
        let arguments = arguments.into_iter().map(given).collect();
        let results = asked.execute(command, arguments).await;
        let results = results.map(|results| results.into_iter().map(told).collect());
        Ok(results.map_err(error))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

fn given(parameter: older::RedisParameter) -> wit::RedisParameter {
    match parameter {
        older::RedisParameter::Int64(number) => wit::RedisParameter::Int64(number),
        older::RedisParameter::Binary(bytes) => wit::RedisParameter::Binary(bytes),
    }
}

fn told(result: wit::RedisResult) -> older::RedisResult {
    match result {
        wit::RedisResult::Nil => older::RedisResult::Nil,
        wit::RedisResult::Status(text) => older::RedisResult::Status(text),
        wit::RedisResult::Int64(number) => older::RedisResult::Int64(number),
        wit::RedisResult::Binary(bytes) => older::RedisResult::Binary(bytes),
    }
}

fn error(error: wit::Error) -> older::Error {
    match error {
        wit::Error::InvalidAddress => older::Error::InvalidAddress,
        wit::Error::TooManyConnections => older::Error::TooManyConnections,
        wit::Error::TypeError => older::Error::TypeError,
        wit::Error::Other(text) => older::Error::Other(text),
    }
}
