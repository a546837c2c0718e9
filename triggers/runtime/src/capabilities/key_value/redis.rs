//! Stores on a Redis. A key of a store is a key of the server's, under its own name, as Spin
//! has it: stores at one address are one store, and the database in the address (`/1`) is
//! what keeps two apart.
//!
//! What is asked goes over the one connection that the server has, a command at a time: each
//! is carried out whole, before or after any other.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use spindrift_redis::{Cmd, PATIENCE, Value, cmd};

use super::answer::{Found, Gathered, PAGE, PART, Page};
use crate::capabilities::redis::{Server, refusal, unanswered};

/// Keys that the server looks at before it answers others.
const SCANNED: usize = 1_000;

/// Writes the second argument where the key has the first.
const SWAP: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end \
                    redis.call('SET', KEYS[1], ARGV[2]) return 1";

/// A store on a server.
#[derive(Clone)]
pub(super) struct RedisStore {
    pub(super) label: Arc<str>,
    pub(super) server: Arc<Server>,
}

impl RedisStore {
    pub(super) async fn get(self, key: String) -> Result<Option<Vec<u8>>, String> {
        let mut command = cmd("GET");
        command.arg(key);
        let answer = self.ask(&command).await?;
        self.value(answer)
    }

    pub(super) async fn set(self, key: String, value: Vec<u8>) -> Result<(), String> {
        let mut command = cmd("SET");
        command.arg(key).arg(&value[..]);
        self.ask(&command).await.map(|_| ())
    }

    pub(super) async fn delete(self, key: String) -> Result<(), String> {
        self.delete_many(vec![key]).await
    }

    pub(super) async fn exists(self, key: String) -> Result<bool, String> {
        let mut command = cmd("EXISTS");
        command.arg(key);
        Ok(self.number(&command).await? > 0)
    }

    pub(super) async fn keys(self) -> Result<Vec<String>, String> {
        // While the server makes room, it tells of some twice.
        let mut keys = BTreeSet::new();
        let mut at = 0;
        loop {
            let (next, found) = self.scan(at).await?;
            keys.extend(found);
            if next == 0 {
                return Ok(keys.into_iter().collect());
            }
            at = next;
        }
    }

    /// A page has as many keys as the server finds until it is full, in no order, and its
    /// cursor is the server's.
    pub(super) async fn page(self, cursor: Option<String>) -> Result<Page, String> {
        let mut at = match cursor {
            None => 0,
            Some(cursor) => cursor
                .parse::<u64>()
                .map_err(|_| self.failed(&"the cursor is of no page of this store"))?,
        };
        let mut keys = Vec::new();
        loop {
            let (next, found) = self.scan(at).await?;
            keys.extend(found);
            if next == 0 || keys.len() >= PAGE {
                return Ok(Page {
                    keys,
                    cursor: (next != 0).then(|| next.to_string()),
                });
            }
            at = next;
        }
    }

    /// The number is text, as Spin has it here too: others count with it by `INCR`.
    pub(super) async fn increment(self, key: String, delta: i64) -> Result<i64, String> {
        let mut command = cmd("INCRBY");
        command.arg(key).arg(delta);
        self.number(&command).await
    }

    pub(super) async fn swap(
        self,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, String> {
        let command = match seen {
            Some(seen) => {
                let mut command = cmd("EVAL");
                command.arg(SWAP).arg(1).arg(key);
                command.arg(&seen[..]).arg(&value[..]);
                command
            }
            None => {
                let mut command = cmd("SETNX");
                command.arg(key).arg(&value[..]);
                command
            }
        };
        Ok(self.number(&command).await? == 1)
    }

    pub(super) async fn get_many(self, keys: Vec<String>) -> Result<Found, String> {
        let mut gathered = Gathered::default();
        for part in keys.chunks(PART) {
            let mut command = cmd("MGET");
            for key in part {
                command.arg(key.as_str());
            }
            let answer = self.ask(&command).await?;
            let Value::Array(values) = answer else {
                return Err(self.odd());
            };
            if values.len() != part.len() {
                return Err(self.odd());
            }
            for (key, value) in part.iter().zip(values) {
                gathered.add(key.clone(), self.value(value)?)?;
            }
        }
        Ok(gathered.found())
    }

    pub(super) async fn set_many(self, entries: Vec<(String, Vec<u8>)>) -> Result<(), String> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut command = cmd("MSET");
        for (key, value) in entries {
            command.arg(key).arg(&value[..]);
        }
        self.ask(&command).await.map(|_| ())
    }

    pub(super) async fn delete_many(self, keys: Vec<String>) -> Result<(), String> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut command = cmd("DEL");
        for key in keys {
            command.arg(key);
        }
        self.ask(&command).await.map(|_| ())
    }

    /// Some of the keys from a place on, and the place of the next; 0 is the first, and
    /// after the last. A key that is no text is no function's.
    async fn scan(&self, at: u64) -> Result<(u64, Vec<String>), String> {
        let mut command = cmd("SCAN");
        command.arg(at).arg("COUNT").arg(SCANNED);
        let Value::Array(parts) = self.ask(&command).await? else {
            return Err(self.odd());
        };
        let Ok([Value::BulkString(next), Value::Array(keys)]) = <[Value; 2]>::try_from(parts)
        else {
            return Err(self.odd());
        };
        let next = String::from_utf8(next).ok();
        let next = next.and_then(|next| next.parse::<u64>().ok());
        let text = |key| match key {
            Value::BulkString(key) => String::from_utf8(key).ok(),
            _ => None,
        };
        let keys = keys.into_iter().filter_map(text).collect();
        Ok((next.ok_or_else(|| self.odd())?, keys))
    }

    async fn number(&self, command: &Cmd) -> Result<i64, String> {
        match self.ask(command).await? {
            Value::Int(number) => Ok(number),
            _ => Err(self.odd()),
        }
    }

    fn value(&self, answer: Value) -> Result<Option<Vec<u8>>, String> {
        match answer {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(bytes)),
            _ => Err(self.odd()),
        }
    }

    /// Sends a command, and answers what came of it.
    async fn ask(&self, command: &Cmd) -> Result<Value, String> {
        let connection = self.server.shared().await;
        let connection = connection.map_err(|error| self.failed(&error))?;
        match connection.send(command, PATIENCE).await {
            Ok(Value::ServerError(error)) => Err(self.failed(&refusal(&error))),
            Ok(answer) => Ok(answer),
            Err(error) => {
                // It may be one that was cut without a word.
                self.server.forget(&connection);
                Err(self.failed(&unanswered(&error)))
            }
        }
    }

    fn failed(&self, reason: &dyn Display) -> String {
        format!("key-value store \"{}\": {reason}", self.label)
    }

    fn odd(&self) -> String {
        self.failed(&"the server answers what Redis would not")
    }
}
