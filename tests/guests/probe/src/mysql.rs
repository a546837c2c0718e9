//! MySQL, and MariaDB.

use spin_sdk::mysql::{Connection, DbValue, ParameterValue};

use crate::Outcome;

/// Runs a script: the first line is the server's address, each other one a statement. The
/// answer is the first column of the last one's rows. `then` says how the request ends
/// after that: `panic`, `loop`, or by its answer.
pub(crate) async fn run(then: &str, script: &str) -> Outcome {
    let (connection, statements) = open(script).await?;
    let mut answer = String::new();
    for statement in statements.lines() {
        let rows = query(&connection, statement, Vec::new()).await?;
        let first = rows.iter().filter_map(|row| row.first());
        answer = first.map(told).collect::<Vec<_>>().join("\n");
    }
    match then {
        "panic" => panic!("an end in the middle of things, as asked"),
        "loop" => loop {
            std::hint::black_box(&answer);
        },
        _ => Ok(answer),
    }
}

/// Writes a row of every kind of parameter and a row of NULLs with the statement in the
/// script's second line, and reads both with that in its third.
pub(crate) async fn types(script: &str) -> Outcome {
    let (connection, statements) = open(script).await?;
    let (insert, select) = statements.split_once('\n').unwrap_or_default();
    let values = vec![
        ParameterValue::Boolean(true),
        ParameterValue::Int8(-8),
        ParameterValue::Int16(-16),
        ParameterValue::Int32(-32),
        ParameterValue::Int64(i64::MIN),
        ParameterValue::Uint8(8),
        ParameterValue::Uint16(16),
        ParameterValue::Uint32(32),
        ParameterValue::Uint64(u64::MAX),
        ParameterValue::Floating32(0.5),
        ParameterValue::Floating64(-0.25),
        ParameterValue::Str("größer".to_owned()),
        ParameterValue::Binary(vec![0, 255]),
    ];
    let nulls = values.iter().map(|_| ParameterValue::DbNull).collect();
    for parameters in [values, nulls] {
        let inserted = connection.execute(insert, parameters).await;
        inserted.map_err(|error| error.to_string())?;
    }
    let rows = query(&connection, select, Vec::new()).await?;
    let rows = rows.iter().map(|row| format!("{row:?}"));
    Ok(rows.collect::<Vec<_>>().join("\n"))
}

async fn open(script: &str) -> Result<(Connection, &str), String> {
    let (address, statements) = script.split_once('\n').unwrap_or((script, ""));
    let connection = Connection::open(address).await;
    let connection = connection.map_err(|error| error.to_string())?;
    Ok((connection, statements))
}

async fn query(
    connection: &Connection,
    statement: &str,
    parameters: Vec<ParameterValue>,
) -> Result<Vec<Vec<DbValue>>, String> {
    let result = connection.query(statement, parameters).await;
    let mut result = result.map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    while let Some(row) = result.rows().next().await {
        rows.push(row);
    }
    result.result().await.map_err(|error| error.to_string())?;
    Ok(rows)
}

fn told(value: &DbValue) -> String {
    match value {
        DbValue::Str(text) => text.clone(),
        DbValue::DbNull => "NULL".to_owned(),
        other => format!("{other:?}"),
    }
}
