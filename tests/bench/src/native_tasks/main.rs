//! `POST /api/tasks` and `GET /api/tasks` from a server without a sandbox: axum,
//! with the rules of `domain` and the statements of the component `tasks`.
//! `native-tasks ADDRESS`; `DATABASE_URL` and `JWT_KEY` as the component's variables,
//! `DATABASE_CONNECTIONS` the size of the pool, `STATEMENTS` a file for [`statements`].

mod answer;
mod pool;
mod row;
mod session;
mod statements;
mod tasks;

use std::env;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use http::header::{HeaderName, HeaderValue};
use kit::token::Keys;
use spindrift_bench::{Logged, listen, start_log};

use crate::pool::Pool;
use crate::session::Sessions;
use crate::statements::Statements;

/// What every request needs.
struct Server {
    sessions: Sessions,
    pool: Pool,
}

#[tokio::main]
async fn main() -> Result<()> {
    start_log();
    let listener = listen()
        .await?
        .tap_io(|stream| drop(stream.set_nodelay(true)));
    let connections = variable("DATABASE_CONNECTIONS")?
        .parse()
        .context("DATABASE_CONNECTIONS is no number")?;
    let statements = Statements::read(&variable("STATEMENTS")?)?;
    let server = Server {
        sessions: Sessions::new(Keys::from_seed(&variable("JWT_KEY")?)?),
        pool: pool::new(&variable("DATABASE_URL")?, connections, statements)?,
    };
    let routes = Router::new()
        .route("/api/tasks", get(tasks::list).post(tasks::create))
        .layer(middleware::from_fn(logged))
        .with_state(Arc::new(server));
    Ok(axum::serve(listener, routes).await?)
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}

async fn logged(request: Request, next: Next) -> Response {
    let logged = Logged::begin(request.method(), request.uri().path());
    let mut response = next.run(request).await;
    if let Ok(id) = HeaderValue::from_str(logged.id()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), id);
    }
    let bytes = response.body().size_hint().exact().unwrap_or(0);
    logged.end("/api/tasks/...", response.status(), bytes);
    response
}
