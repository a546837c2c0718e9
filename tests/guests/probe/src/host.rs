//! Everything but the database.

use std::fmt::Display;
use std::time::{Duration, Instant, SystemTime};

use http_body_util::BodyExt as _;
use spin_sdk::http::Request;
use spin_sdk::key_value::Store;
use spin_sdk::{http, time, variables};

use crate::Outcome;

pub(crate) async fn variable(name: &str) -> Outcome {
    variables::get(name).await.map_err(words)
}

pub(crate) fn environment() -> String {
    let mut lines: Vec<String> = std::env::vars()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    lines.sort();
    lines.join("\n")
}

pub(crate) fn headers(request: &Request) -> String {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
    };
    request
        .headers()
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

pub(crate) fn read(path: &str) -> Outcome {
    std::fs::read_to_string(path).map_err(words)
}

pub(crate) fn write(path: &str) -> Outcome {
    std::fs::write(path, "written")
        .map(|()| "written".to_owned())
        .map_err(words)
}

pub(crate) fn random() -> Outcome {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(words)?;
    Ok(bytes.map(|byte| format!("{byte:02x}")).concat())
}

/// Seconds since 1970, and how many milliseconds a sleep of 20 took.
pub(crate) async fn clocks() -> Outcome {
    let wall = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(words)?;
    let start = Instant::now();
    time::sleep(Duration::from_millis(20)).await;
    Ok(format!(
        "{} {}",
        wall.as_secs(),
        start.elapsed().as_millis()
    ))
}

/// Writes to a store under the key `probe`.
pub(crate) async fn remember(store: &str, value: &str) -> Outcome {
    let store = Store::open(store).await.map_err(words)?;
    store.set("probe", value).await.map_err(words)?;
    Ok("remembered".to_owned())
}

pub(crate) async fn recall(store: &str) -> Outcome {
    let store = Store::open(store).await.map_err(words)?;
    match store.get("probe").await.map_err(words)? {
        Some(value) => String::from_utf8(value).map_err(words),
        None => Ok("nothing".to_owned()),
    }
}

/// Writes two keys to a store and deletes one; answers whether each is there, what the other
/// has, and which of the two the store lists.
pub(crate) async fn keep(store: &str) -> Outcome {
    let store = Store::open(store).await.map_err(words)?;
    store.set("kept", [0_u8, 255]).await.map_err(words)?;
    store.set("gone", "").await.map_err(words)?;
    for key in ["gone", "never there"] {
        store.delete(key).await.map_err(words)?;
    }
    let kept = store.exists("kept").await.map_err(words)?;
    let gone = store.exists("gone").await.map_err(words)?;
    let value = store.get("kept").await.map_err(words)?;
    let mut keys = store.get_keys().await.collect().await.map_err(words)?;
    keys.retain(|key| key == "kept" || key == "gone");
    Ok(format!("{kept} {gone} {value:?} {keys:?}"))
}

pub(crate) async fn fetch(url: &str) -> Outcome {
    let response = http::get(url).await.map_err(|error| format!("{error:?}"))?;
    answered(response).await
}

/// Sends a text.
pub(crate) async fn post(url: &str, said: String) -> Outcome {
    let response = http::post(url, said).await;
    answered(response.map_err(|error| format!("{error:?}"))?).await
}

/// Asks, and does not read what the answer has beyond its head.
pub(crate) async fn glance(url: &str) -> Outcome {
    let response = http::get(url).await.map_err(|error| format!("{error:?}"))?;
    Ok(response.status().as_u16().to_string())
}

async fn answered(response: http::Response) -> Outcome {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.map_err(words)?;
    Ok(format!(
        "{status} {}",
        String::from_utf8_lossy(&body.to_bytes())
    ))
}

fn words(error: impl Display) -> String {
    error.to_string()
}
