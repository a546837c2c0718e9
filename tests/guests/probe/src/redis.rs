//! Redis.

use std::fmt::Debug;

use spin_sdk::redis::{Connection, RedisParameter};

use crate::Outcome;

/// Runs commands, one on each line, on a connection of their own to `address`. The answer
/// is what each of them gave, a line each. The words of a line are separated by blanks;
/// a command in capitals is one for `execute`.
pub(crate) async fn run(address: &str, commands: &str) -> Outcome {
    let connection = Connection::open(address).await.map_err(words)?;
    let mut lines = Vec::new();
    for command in commands.lines() {
        lines.push(one(&connection, command).await?);
    }
    Ok(lines.join("\n"))
}

async fn one(connection: &Connection, command: &str) -> Outcome {
    let mut rest = command.split(' ');
    let name = rest.next().unwrap_or_default();
    let rest: Vec<&str> = rest.collect();
    match (name, &rest[..]) {
        ("publish", [channel, text]) => told(connection.publish(channel, bytes(text)).await),
        ("get", [key]) => told(connection.get(key).await),
        ("set", [key, text]) => told(connection.set(key, bytes(text)).await),
        ("incr", [key]) => told(connection.incr(key).await),
        ("del", keys) => told(connection.del(keys).await),
        ("sadd", [key, values @ ..]) => told(connection.sadd(key, values).await),
        ("smembers", [key]) => told(sorted(connection.smembers(key).await)),
        ("srem", [key, values @ ..]) => told(connection.srem(key, values).await),
        (name, arguments) => {
            let arguments = arguments.iter().map(|text| match text.parse() {
                Ok(number) => RedisParameter::Int64(number),
                Err(_) => RedisParameter::Binary(bytes(text)),
            });
            told(connection.execute(name, arguments).await)
        }
    }
}

/// The bytes of a text; `x:00ff` is those in hexadecimal.
fn bytes(text: &str) -> Vec<u8> {
    let Some(digits) = text.strip_prefix("x:") else {
        return text.as_bytes().to_vec();
    };
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).unwrap_or(0);
    pairs.map(byte).collect()
}

fn sorted<E>(members: Result<Vec<String>, E>) -> Result<Vec<String>, E> {
    members.map(|mut members| {
        members.sort();
        members
    })
}

fn told<T: Debug, E: Debug>(result: Result<T, E>) -> Outcome {
    result.map(|value| format!("{value:?}")).map_err(words)
}

fn words(error: impl Debug) -> String {
    format!("{error:?}")
}
