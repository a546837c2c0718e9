//! The commands, the same for both generations of the interface.

use std::sync::Arc;

use spindrift_redis::{Cmd, Value, cmd};
use spindrift_traces::Parent;

use super::opened::Opened;
use super::wit::{Error, RedisParameter, RedisResult};
use super::{commands, convert, traced};

/// A connection that something is asked of.
pub(super) struct Asked {
    pub(super) opened: Arc<Opened>,
    pub(super) trace: Option<Parent>,
}

impl Asked {
    pub(super) async fn publish(self, channel: String, payload: Vec<u8>) -> Result<(), Error> {
        let mut command = cmd("PUBLISH");
        command.arg(channel).arg(&payload[..]);
        self.ask("PUBLISH", &command, convert::done).await
    }

    pub(super) async fn get(self, key: String) -> Result<Option<Vec<u8>>, Error> {
        let mut command = cmd("GET");
        command.arg(key);
        self.ask("GET", &command, convert::payload).await
    }

    pub(super) async fn set(self, key: String, value: Vec<u8>) -> Result<(), Error> {
        let mut command = cmd("SET");
        command.arg(key).arg(&value[..]);
        self.ask("SET", &command, convert::done).await
    }

    pub(super) async fn incr(self, key: String) -> Result<i64, Error> {
        let mut command = cmd("INCR");
        command.arg(key);
        self.ask("INCR", &command, convert::number).await
    }

    pub(super) async fn del(self, keys: Vec<String>) -> Result<u32, Error> {
        let command = with_texts(cmd("DEL"), keys);
        self.ask("DEL", &command, convert::count).await
    }

    pub(super) async fn sadd(self, key: String, values: Vec<String>) -> Result<u32, Error> {
        let mut command = cmd("SADD");
        command.arg(key);
        let command = with_texts(command, values);
        self.ask("SADD", &command, convert::count).await
    }

    pub(super) async fn smembers(self, key: String) -> Result<Vec<String>, Error> {
        let mut command = cmd("SMEMBERS");
        command.arg(key);
        self.ask("SMEMBERS", &command, convert::texts).await
    }

    pub(super) async fn srem(self, key: String, values: Vec<String>) -> Result<u32, Error> {
        let mut command = cmd("SREM");
        command.arg(key);
        let command = with_texts(command, values);
        self.ask("SREM", &command, convert::count).await
    }

    pub(super) async fn execute(
        self,
        name: String,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, Error> {
        let mut command = cmd(&name);
        for argument in arguments {
            match argument {
                RedisParameter::Int64(number) => command.arg(number),
                RedisParameter::Binary(bytes) => command.arg(&bytes[..]),
            };
        }
        self.ask(&name, &command, convert::results).await
    }

    async fn ask<T>(
        self,
        name: &str,
        command: &Cmd,
        convert: fn(Value) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut span = traced::command(self.trace.as_ref(), name);
        let answer = self.opened.send(command, commands::is_shared(name)).await;
        answer
            .and_then(convert)
            .inspect_err(|error| traced::fail(&mut span, error))
    }
}

fn with_texts(mut command: Cmd, texts: Vec<String>) -> Cmd {
    for text in texts {
        command.arg(text);
    }
    command
}
