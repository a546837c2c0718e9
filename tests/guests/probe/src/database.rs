//! Statements on one borrowed connection, and an end of one's choice.

use spin_sdk::pg::{Connection, DbValue};
use spin_sdk::variables;

use crate::Outcome;

/// Runs the lines of `script`, a statement each, and answers the first column of
/// the last one's rows. `then` says how the request ends after that: `panic`,
/// `loop`, or by its answer.
pub(crate) async fn run(then: &str, script: &str) -> Outcome {
    let address = variables::get("database_url")
        .await
        .map_err(|error| error.to_string())?;
    let connection = Connection::open(address)
        .await
        .map_err(|error| error.to_string())?;
    let mut answer = String::new();
    for statement in script.lines().filter(|line| !line.trim().is_empty()) {
        answer = query(&connection, statement).await?;
    }
    match then {
        "panic" => panic!("an end in the middle of things, as asked"),
        "loop" => loop {
            std::hint::black_box(&answer);
        },
        _ => Ok(answer),
    }
}

async fn query(connection: &Connection, statement: &str) -> Outcome {
    let result = connection
        .query(statement, Vec::new())
        .await
        .map_err(|error| error.to_string())?;
    let rows = result.collect().await.map_err(|error| error.to_string())?;
    let mut lines = Vec::new();
    for row in &rows {
        lines.push(match row[0] {
            DbValue::Str(ref text) => text.clone(),
            DbValue::DbNull => "NULL".to_owned(),
            ref other => format!("{other:?}"),
        });
    }
    Ok(lines.join("\n"))
}
