//! Asks a server elsewhere, and answers with what it said.
//!
//! Which server is a variable; the manifest allows it, and no other.

use anyhow::Result;
use http_body_util::BodyExt as _;
use spin_sdk::http::{IntoResponse, Request, StatusCode};
use spin_sdk::{http, http_service, variables};

#[http_service]
async fn fetch(_: Request) -> Result<impl IntoResponse> {
    let server = variables::get("server").await?;
    let answer = http::get(format!("{server}/motd")).await?;
    let status = answer.status();
    let text = answer.into_body().collect().await?.to_bytes();
    let said = format!("It said: {}\n", String::from_utf8_lossy(&text));
    Ok(match status.is_success() {
        true => (StatusCode::OK, said),
        false => (StatusCode::BAD_GATEWAY, said),
    })
}
