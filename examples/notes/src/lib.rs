//! Notes, in a SQLite database of the function's own.
//!
//! `POST /notes` keeps the text that is sent, `GET /notes` lists all of them, and
//! `GET /notes?about=...` those that have a word in them.

use anyhow::{Context as _, Result};
use http_body_util::BodyExt as _;
use serde::Serialize;
use spin_sdk::http::{IntoResponse, Json, Method, Request, StatusCode};
use spin_sdk::http_service;
use spin_sdk::sqlite::{Connection, RowResult, Value};

#[derive(Serialize)]
struct Note {
    id: i64,
    text: String,
}

#[http_service]
async fn notes(request: Request) -> Result<impl IntoResponse> {
    let database = open().await?;
    Ok(match *request.method() {
        Method::POST => {
            let text = request.into_body().collect().await?.to_bytes();
            let note = keep(&database, String::from_utf8(text.to_vec())?).await?;
            (StatusCode::CREATED, Json(vec![note]))
        }
        _ => {
            let about = request.uri().query().and_then(|q| q.strip_prefix("about="));
            let notes = list(&database, about.unwrap_or_default()).await?;
            (StatusCode::OK, Json(notes))
        }
    })
}

/// The database, its table made where it is new.
async fn open() -> Result<Connection> {
    let database = Connection::open_default().await?;
    let table = "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
    database.execute(table, []).await?.result().await?;
    Ok(database)
}

async fn keep(database: &Connection, text: String) -> Result<Note> {
    let values = [Value::Text(text)];
    let insert = "INSERT INTO notes (text) VALUES (?) RETURNING id, text";
    let rows = database.execute(insert, values).await?.collect().await?;
    rows.first().and_then(note).context("nothing was inserted")
}

async fn list(database: &Connection, about: &str) -> Result<Vec<Note>> {
    let values = [Value::Text(about.to_owned())];
    let select = "SELECT id, text FROM notes WHERE instr(text, ?) > 0 ORDER BY id";
    let rows = database.execute(select, values).await?.collect().await?;
    Ok(rows.iter().filter_map(note).collect())
}

fn note(row: &RowResult) -> Option<Note> {
    Some(Note {
        id: row.get(0)?,
        text: row.get::<&str>(1)?.to_owned(),
    })
}
