//! A WASI 0.2 component: what Spin's functions were until its version 4.
#![expect(
    unsafe_code,
    reason = "the macro of this line of the kit writes its exports out"
)]

use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::key_value::Store;
use spin_sdk::sqlite::{Connection, Value};
use spin_sdk::{http_component, variables};

#[http_component]
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the kit's macro calls"
)]
fn handle(request: Request) -> impl IntoResponse {
    let (status, text) = match answer(&request) {
        Ok(text) => (200, text),
        Err(error) => (400, error),
    };
    Response::builder()
        .status(status)
        .header("content-type", "text/plain")
        .body(text)
        .build()
}

fn answer(request: &Request) -> Result<String, String> {
    let path = request.path();
    match path.rsplit('/').next().unwrap_or_default() {
        "greeting" => variables::get("greeting").map_err(|error| error.to_string()),
        "count" => count().map_err(|error| error.to_string()),
        "sqlite" => sqlite(&String::from_utf8_lossy(request.body())),
        "echo" => Ok(String::from_utf8_lossy(request.body()).into_owned()),
        other => Err(format!("nothing to try under {other}")),
    }
}

/// Counts in the default store.
fn count() -> Result<String, spin_sdk::key_value::Error> {
    let store = Store::open_default()?;
    let before = store.get("count")?.unwrap_or_default();
    let count = String::from_utf8_lossy(&before).parse().unwrap_or(0u64) + 1;
    store.set("count", count.to_string().as_bytes())?;
    Ok(count.to_string())
}

/// Runs a statement with one text, `older`, as its parameter.
fn sqlite(statement: &str) -> Result<String, String> {
    let connection = Connection::open_default().map_err(|error| error.to_string())?;
    let parameters = [Value::Text("older".to_owned())];
    let result = connection
        .execute(statement, &parameters)
        .map_err(|error| error.to_string())?;
    Ok(format!("{:?} {:?}", result.columns, result.rows))
}
