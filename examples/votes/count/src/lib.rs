//! Counts votes: each message of the channel names what somebody votes for.
#![allow(
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    reason = "the macro writes its exports out"
)]

use anyhow::Result;
use spin_sdk::redis::{Connection, RedisParameter};
use spin_sdk::{redis_subscriber, variables};

#[redis_subscriber]
async fn count(vote: Vec<u8>) -> Result<()> {
    let connection = Connection::open(variables::get("redis_address").await?).await?;
    let key = RedisParameter::Binary(b"votes".to_vec());
    let arguments = [key, RedisParameter::Binary(vote), RedisParameter::Int64(1)];
    connection.execute("HINCRBY", arguments).await?;
    Ok(())
}
