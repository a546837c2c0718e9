//! A server that speaks libSQL's protocol, version 2 of Hrana over HTTP, over a real SQLite.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail, ensure};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use rusqlite::types::{Value as Bound, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Value, json};
use spindrift_tests::scratch;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::Result;
use crate::stand_in::serve;

/// What it knows its callers by.
pub(super) const TOKEN: &str = "of-the-test";

/// Where a stream goes on, which is not where it begins.
const ELSEWHERE: &str = "/elsewhere";

/// A server that has one database, in a file.
pub(super) struct Libsql {
    pub(super) url: String,
    shared: Arc<Shared>,
    _folder: TempDir,
    /// Ends with this.
    _server: JoinSet<()>,
}

struct Shared {
    file: PathBuf,
    streams: Mutex<Streams>,
}

/// Connections by their batons, each of which is good once.
#[derive(Default)]
struct Streams {
    open: HashMap<String, Connection>,
    batons: usize,
}

impl Libsql {
    pub(super) async fn start() -> Result<Self> {
        let folder = scratch()?;
        let shared = Arc::new(Shared {
            file: folder.path().join("served.sqlite"),
            streams: Mutex::default(),
        });
        let routes = Router::new()
            .route("/v2/pipeline", post(pipeline))
            .route(&format!("{ELSEWHERE}/v2/pipeline"), post(pipeline))
            .with_state(shared.clone());
        let (url, server) = serve(routes).await?;
        Ok(Self {
            url,
            shared,
            _folder: folder,
            _server: server,
        })
    }

    /// How many streams are open.
    pub(super) fn streams(&self) -> usize {
        self.shared.streams().open.len()
    }
}

impl Shared {
    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, connection: Connection) -> String {
        let mut streams = self.streams();
        streams.batons += 1;
        let baton = format!("baton-{}", streams.batons);
        streams.open.insert(baton.clone(), connection);
        baton
    }
}

async fn pipeline(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let shown = text("authorization");
    if shown != format!("Bearer {TOKEN}") {
        // One that repeats what it was given.
        let error = format!("nobody is known by {shown}");
        return (
            StatusCode::UNAUTHORIZED,
            json!({ "error": error }).to_string(),
        );
    }
    let goes_on = uri.path().starts_with(ELSEWHERE);
    let base = format!("http://{}{ELSEWHERE}", text("host"));
    // A statement may wait for the end of another stream.
    let answered = tokio::task::spawn_blocking(move || answer(&shared, goes_on, &base, &body));
    match answered.await.map_err(anyhow::Error::from).flatten() {
        Ok(answer) => (StatusCode::OK, answer.to_string()),
        Err(error) => {
            let error = json!({ "message": format!("{error:#}"), "code": null });
            (StatusCode::BAD_REQUEST, error.to_string())
        }
    }
}

fn answer(shared: &Shared, goes_on: bool, base: &str, body: &[u8]) -> Result<Value> {
    let asked: Value = serde_json::from_slice(body)?;
    let baton = asked["baton"].as_str();
    ensure!(
        baton.is_some() == goes_on,
        "a stream goes on at its base URL"
    );
    let mut connection = Some(match baton {
        Some(baton) => {
            let kept = shared.streams().open.remove(baton);
            kept.context("no such stream")?
        }
        None => Connection::open(&shared.file)?,
    });
    let mut results = Vec::new();
    for request in asked["requests"].as_array().context("no requests")? {
        let open = connection.as_ref().context("the stream is closed")?;
        let result = match request["type"].as_str() {
            Some("execute") => match execute(open, &request["stmt"]) {
                Ok(result) => json!({
                    "type": "ok",
                    "response": { "type": "execute", "result": result },
                }),
                Err(error) => json!({
                    "type": "error",
                    "error": { "message": format!("SQLite error: {error}"), "code": null },
                }),
            },
            Some("close") => {
                connection = None;
                json!({ "type": "ok", "response": { "type": "close" } })
            }
            _ => bail!("no such request: {request}"),
        };
        results.push(result);
    }
    let baton = connection.map(|connection| shared.keep(connection));
    Ok(json!({ "baton": baton, "base_url": base, "results": results }))
}

fn execute(connection: &Connection, statement: &Value) -> Result<Value> {
    let sql = statement["sql"].as_str().context("no SQL")?;
    let parameters = statement["args"].as_array().context("no parameters")?;
    let parameters: Vec<Bound> = parameters.iter().map(bound).collect::<Result<_>>()?;
    let mut prepared = connection.prepare(sql)?;
    let columns: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let is_read = prepared.readonly();
    let mut rows = Vec::new();
    let mut found = prepared.query(params_from_iter(parameters))?;
    while let Some(row) = found.next()? {
        let mut values = Vec::new();
        for index in 0..columns.len() {
            values.push(said(row.get_ref(index)?)?);
        }
        rows.push(Value::Array(values));
    }
    let word = sql.split_whitespace().next().unwrap_or_default();
    let is_one_of = |words: &[&str]| !is_read && words.contains(&word);
    let inserts = is_one_of(&["INSERT", "REPLACE", "WITH"]);
    let changes = match inserts || is_one_of(&["UPDATE", "DELETE"]) {
        true => connection.changes(),
        false => 0,
    };
    let rowid = inserts.then(|| connection.last_insert_rowid().to_string());
    let columns: Vec<Value> = columns
        .iter()
        .map(|name| json!({ "name": name, "decltype": null }))
        .collect();
    Ok(json!({
        "cols": columns,
        "rows": rows,
        "affected_row_count": changes,
        "last_insert_rowid": rowid,
    }))
}

fn bound(value: &Value) -> Result<Bound> {
    let text = |name: &str| value[name].as_str().context("no text");
    Ok(match value["type"].as_str().unwrap_or_default() {
        "null" => Bound::Null,
        "integer" => Bound::Integer(text("value")?.parse()?),
        "float" => Bound::Real(value["value"].as_f64().context("no number")?),
        "text" => Bound::Text(text("value")?.to_owned()),
        "blob" => Bound::Blob(STANDARD.decode(text("base64")?)?),
        other => bail!("no such type: {other}"),
    })
}

fn said(value: ValueRef<'_>) -> Result<Value> {
    Ok(match value {
        ValueRef::Null => json!({ "type": "null" }),
        ValueRef::Integer(number) => json!({ "type": "integer", "value": number.to_string() }),
        ValueRef::Real(number) => json!({ "type": "float", "value": number }),
        ValueRef::Text(text) => json!({ "type": "text", "value": str::from_utf8(text)? }),
        // As the server does it: without padding.
        ValueRef::Blob(bytes) => json!({
            "type": "blob",
            "base64": STANDARD_NO_PAD.encode(bytes),
        }),
    })
}
