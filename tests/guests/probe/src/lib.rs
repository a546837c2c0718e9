//! A function that tries what it was granted, and what it was not.
//!
//! The last segment of the path names the capability, the query is its argument,
//! and the answer is plain text: what came of it, or 400 with the error.

mod database;
mod host;
mod mqtt;
mod mysql;
mod newer_sockets;
mod redis;
mod sockets;
mod sqlite;

use http_body_util::BodyExt as _;
use spin_sdk::http::{Request, Response, StatusCode};
use spin_sdk::http_service;

/// Text, or the words of an error.
type Outcome = Result<String, String>;

#[http_service]
async fn handle(request: Request) -> Response<String> {
    let outcome = route(request).await;
    let (status, text) = match outcome {
        Ok(text) => (StatusCode::OK, text),
        Err(error) => (StatusCode::BAD_REQUEST, error),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response
}

async fn route(request: Request) -> Outcome {
    let path = request.uri().path().to_owned();
    let argument = request.uri().query().unwrap_or_default().to_owned();
    match path.rsplit('/').next().unwrap_or_default() {
        "variable" => host::variable(&argument).await,
        "environment" => Ok(host::environment()),
        "read" => host::read(&argument),
        "write" => host::write(&argument),
        "random" => host::random(),
        "clocks" => host::clocks().await,
        "remember" => host::remember(&argument, &text(request).await?).await,
        "recall" => host::recall(&argument).await,
        "keep" => host::keep(&argument).await,
        "fetch" => host::fetch(&argument).await,
        "glance" => host::glance(&argument).await,
        "post" => host::post(&argument, text(request).await?).await,
        "headers" => Ok(host::headers(&request)),
        "redis" => redis::run(&argument, &text(request).await?).await,
        "tcp" => sockets::tcp(&argument, &text(request).await?),
        "udp" => sockets::udp(&argument, &text(request).await?),
        "listen" => sockets::listen(&argument),
        "bind" => sockets::bind(&argument),
        "hold" => sockets::hold(&argument),
        "newer-tcp" => newer_sockets::tcp(&argument, &text(request).await?).await,
        "newer-udp" => newer_sockets::udp(&argument, &text(request).await?).await,
        "newer-listen" => newer_sockets::listen(&argument).await,
        "newer-hold" => newer_sockets::hold(),
        "sqlite" => sqlite::run(&argument, &text(request).await?).await,
        "sqlite-kept" => sqlite::run_kept(&text(request).await?).await,
        "mysql" => mysql::run(&argument, &text(request).await?).await,
        "mysql-types" => mysql::types(&text(request).await?).await,
        "mqtt" => mqtt::publish(&argument, &text(request).await?).await,
        "sql" => database::run(&argument, &text(request).await?).await,
        other => Err(format!("nothing to try under {other}")),
    }
}

async fn text(request: Request) -> Outcome {
    let body = request
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    String::from_utf8(body.to_bytes().to_vec()).map_err(|error| error.to_string())
}
