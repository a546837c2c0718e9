//! SQLite.

use std::cell::RefCell;
use std::fmt::Debug;
use std::rc::Rc;

use spin_sdk::sqlite::{Connection, Value};

use crate::Outcome;

thread_local! {
    /// A connection that outlives its request.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

/// Runs statements, one on each line, in a connection of their own. The answer is what
/// the last of them gave.
pub(crate) async fn run(label: &str, statements: &str) -> Outcome {
    let connection = Connection::open(label).await.map_err(words)?;
    all(&connection, statements).await
}

/// The same in one connection for all requests of the instance.
pub(crate) async fn run_kept(statements: &str) -> Outcome {
    let kept = KEPT.with_borrow(Clone::clone);
    let connection = match kept {
        Some(connection) => connection,
        None => Rc::new(Connection::open_default().await.map_err(words)?),
    };
    KEPT.set(Some(connection.clone()));
    all(&connection, statements).await
}

async fn all(connection: &Connection, statements: &str) -> Outcome {
    let mut last = String::new();
    for statement in statements.lines() {
        last = one(connection, statement).await?;
    }
    Ok(last)
}

async fn one(connection: &Connection, statement: &str) -> Outcome {
    let parameters = (0..statement.matches('?').count()).map(|_| Value::Integer(7));
    let result = connection.execute(statement, parameters).await;
    let result = result.map_err(words)?;
    let columns = result.columns().join(",");
    let rows = result.collect().await.map_err(words)?;
    let rows: Vec<String> = rows.iter().map(|row| format!("{:?}", row.values)).collect();
    let changes = connection.changes().await;
    let id = connection.last_insert_rowid().await;
    Ok(format!(
        "{columns} {} changes={changes} id={id}",
        rows.join(" ")
    ))
}

fn words(error: impl Debug) -> String {
    format!("{error:?}")
}
