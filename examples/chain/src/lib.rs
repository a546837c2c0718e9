//! A function that asks another one of its application, which nobody else can reach.
//!
//! Both are this code: the one at `/shout/<text>` asks the private one, whose name is
//! `capitals`, for the text in capital letters, and puts an exclamation mark after it.

use anyhow::Result;
use http_body_util::BodyExt as _;
use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::{http, http_service};

#[http_service]
async fn chain(request: Request) -> Result<impl IntoResponse> {
    let path = request.uri().path();
    Ok(match path.strip_prefix("/shout/") {
        Some(text) => format!("{}!\n", capitals(text).await?),
        None => path.trim_start_matches('/').to_uppercase(),
    })
}

/// Asks the neighbour: a call in the same process, without a connection.
async fn capitals(text: &str) -> Result<String> {
    let answer = http::get(format!("http://capitals.spin.internal/{text}")).await?;
    let text = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(text.to_vec())?)
}
