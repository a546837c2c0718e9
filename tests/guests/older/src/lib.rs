//! A WASI 0.2 component: what Spin's functions were until its version 4.
#![expect(
    unsafe_code,
    reason = "the macro of this line of the kit writes its exports out"
)]

mod buckets;
mod models;

use spin_sdk::http::{IntoResponse, Request, Response};
use spin_sdk::key_value::Store;
use spin_sdk::mqtt::{self, Qos};
use spin_sdk::mysql;
use spin_sdk::redis::{Connection as Redis, RedisParameter};
use spin_sdk::sqlite::{Connection, Value};
use spin_sdk::wit::wasi::config::store as config;
use spin_sdk::{http, http_component, pg, pg3, variables};

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
    let body = String::from_utf8_lossy(request.body());
    match path.rsplit('/').next().unwrap_or_default() {
        "greeting" => variables::get("greeting").map_err(|error| error.to_string()),
        "count" => count().map_err(|error| error.to_string()),
        "sqlite" => sqlite(&body),
        "postgres" => postgres(&body),
        "postgres-2" => postgres_2(&body, pg::ParameterValue::Str("older".to_owned())),
        "postgres-2-unsigned" => postgres_2(&body, pg::ParameterValue::Uint32(7)),
        "postgres-2-execute" => execute(&body),
        "config" => configuration(&body),
        "bucket" => buckets::read(&body, "count"),
        "increment" => buckets::increment(&body),
        "swap" => buckets::swap(),
        "batch" => buckets::batch(),
        "pages" => buckets::pages(),
        "infer" => models::infer(&body),
        "infer-briefly" => models::infer_briefly(&body),
        "embed" => models::embed(&body),
        "mysql" => mysql(&body),
        "mqtt" => mqtt(&body),
        "redis" => redis(request.query(), &body),
        "fetch" => fetch(request.query()),
        "echo" => Ok(body.into_owned()),
        other => Err(format!("nothing to try under {other}")),
    }
}

/// Asks a server, and answers with the status and the text of its answer.
fn fetch(url: &str) -> Result<String, String> {
    let asked = http::send::<_, Response>(Request::get(url));
    let response = http::run(asked).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(response.body());
    Ok(format!("{} {text}", response.status()))
}

/// Counts in the default store.
fn count() -> Result<String, spin_sdk::key_value::Error> {
    let store = Store::open_default()?;
    let before = store.get("count")?.unwrap_or_default();
    let count = String::from_utf8_lossy(&before).parse().unwrap_or(0u64) + 1;
    store.set("count", count.to_string().as_bytes())?;
    Ok(count.to_string())
}

/// Counts under a key, and asks for it by a command of its own.
fn redis(address: &str, key: &str) -> Result<String, String> {
    let connection = Redis::open(address).map_err(|error| format!("{error:?}"))?;
    let count = connection.incr(key).map_err(|error| format!("{error:?}"))?;
    let arguments = [RedisParameter::Binary(key.as_bytes().to_vec())];
    let asked = connection.execute("GET", &arguments);
    Ok(format!(
        "{count} {:?}",
        asked.map_err(|error| format!("{error:?}"))?
    ))
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

/// The same in PostgreSQL.
fn postgres(statement: &str) -> Result<String, String> {
    let address = variables::get("database_url").map_err(|error| error.to_string())?;
    let connection = pg3::Connection::open(&address).map_err(|error| error.to_string())?;
    let parameters = [pg3::ParameterValue::Str("older".to_owned())];
    let result = connection
        .query(statement, &parameters)
        .map_err(|error| error.to_string())?;
    Ok(format!("{:?} {:?}", result.columns, result.rows))
}

/// The same by the interface before that.
fn postgres_2(statement: &str, parameter: pg::ParameterValue) -> Result<String, String> {
    let result = postgres_of_spin_2()?
        .query(statement, &[parameter])
        .map_err(|error| error.to_string())?;
    Ok(format!("{:?} {:?}", result.columns, result.rows))
}

/// Answers how many rows a statement was about.
fn execute(statement: &str) -> Result<String, String> {
    let rows = postgres_of_spin_2()?.execute(statement, &[]);
    let rows = rows.map_err(|error| error.to_string())?;
    Ok(rows.to_string())
}

fn postgres_of_spin_2() -> Result<pg::Connection, String> {
    let address = variables::get("database_url").map_err(|error| error.to_string())?;
    pg::Connection::open(&address).map_err(|error| error.to_string())
}

/// Runs the statement in a script's second line, on the server that its first line names,
/// with one text, `older`, as its parameter.
fn mysql(script: &str) -> Result<String, String> {
    let (address, statement) = script.split_once('\n').unwrap_or((script, ""));
    let connection = mysql::Connection::open(address).map_err(|error| error.to_string())?;
    let parameters = [mysql::ParameterValue::Str("older".to_owned())];
    let result = connection
        .query(statement, &parameters)
        .map_err(|error| error.to_string())?;
    Ok(format!("{:?} {:?}", result.columns, result.rows))
}

/// One value of the configuration, and all names.
fn configuration(key: &str) -> Result<String, String> {
    let value = config::get(key).map_err(|error| error.to_string())?;
    let all = config::get_all().map_err(|error| error.to_string())?;
    let names: Vec<_> = all.into_iter().map(|(name, _)| name).collect();
    Ok(format!("{value:?} of {}", names.join(",")))
}

/// Publishes the last of a script's lines, after address, name, password and topic, until
/// the broker has it once.
fn mqtt(script: &str) -> Result<String, String> {
    let mut lines = script.lines();
    let mut next = || lines.next().unwrap_or_default();
    let (address, name, password, topic) = (next(), next(), next(), next());
    let message = next().as_bytes().to_vec();
    let connection =
        mqtt::Connection::open(address, name, password, 30).map_err(|error| error.to_string())?;
    connection
        .publish(topic, &message, Qos::ExactlyOnce)
        .map_err(|error| error.to_string())?;
    Ok("published".to_owned())
}
