//! The whole of it: the real program, a real PostgreSQL, HTTP.

// The API, as a caller sees it.
mod accounts;
mod documents;
mod events;
mod health;
mod idempotency;
mod isolation;
mod kafka;
mod origins;
mod outbox;
mod parity;
mod requests;
mod series;
mod sessions;
mod task_lists;
mod task_rules;
mod tasks;
mod throttling;

// The program, as an operator sees it.
mod backups;
mod budgets;
mod client_tls;
mod collector;
mod commands;
mod connections;
mod database_away;
mod durability;
mod edge;
mod figures;
mod images;
mod in_cluster;
mod logs;
mod operators;
mod plugins;
mod runtime_config;
mod smoke;
mod sources;
mod stand_in;
mod starting;
mod tls;
mod traces;
mod vault;
mod watch;

// The runtime, as a function sees it.
mod capabilities;
mod database_leftovers;
mod hostile;
mod libsql;
mod limits;
mod messages;
mod models;
mod mqtt;
mod mysql;
mod neighbours;
mod older;
mod pooling;
mod redis;
mod reuse;
mod routing;
mod sockets;
mod sqlite;
mod stores;
mod ticks;

// What newcomers see first.
mod compatibility;
mod examples;
mod readme;
mod scaffold;

use spindrift_tests::{Database, Running, Start};

type Result<T = ()> = anyhow::Result<T>;

/// The todo application on a database of its own.
async fn todo() -> Result<(Running, Database)> {
    let database = Database::new().await?;
    let running = Start::todo(&database).await?.run().await?;
    Ok((running, database))
}
