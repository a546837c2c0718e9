//! A function that does everything wrong, by the last segment of the path. One
//! request at a time must suffer from it, and no other.

mod body;
mod work;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use spin_sdk::http::{BoxBody, Error, Request, Response};
use spin_sdk::{http_service, time};

/// Requests that this instance has begun. A `static` lives as long as its instance.
static BEGUN: AtomicU64 = AtomicU64::new(0);
/// Whether a request is under way in this instance.
static BUSY: AtomicBool = AtomicBool::new(false);

#[http_service]
async fn handle(request: Request) -> Result<Response<BoxBody>, Error> {
    let begun = BEGUN.fetch_add(1, Ordering::SeqCst) + 1;
    let path = request.uri().path().to_owned();
    let number = number(request.uri().query());
    match path.rsplit('/').next().unwrap_or_default() {
        "hello" => Ok(body::text("hello")),
        "count" => Ok(body::text(begun.to_string())),
        "alone" => alone(number).await,
        "loop" => work::endless(),
        "burn" => Ok(body::text(work::burn(number).to_string())),
        "panic" => panic!("a panic, as asked"),
        "overflow" => Ok(body::text(work::recurse(number).to_string())),
        "exit" => work::exit(),
        "memory" => Ok(body::text(work::fill(number).to_string())),
        "sleep" => {
            time::sleep(Duration::from_millis(number)).await;
            Ok(body::text("slept"))
        }
        "error" => Err(Error::other("an error, as asked")),
        "large" => Ok(body::large(number)),
        "half" => Ok(body::half(number)),
        "stall" => Ok(body::stall()),
        "headers" => Ok(body::many_headers(number)),
        "print" => {
            work::print(number);
            Ok(body::text("printed"))
        }
        "upload" => work::measure(request).await.map(body::text),
        other => Ok(body::text(format!("no such mischief: {other}"))),
    }
}

/// Says whether another request was under way in this instance at any time
/// during `millis`.
async fn alone(millis: u64) -> Result<Response<BoxBody>, Error> {
    let company = BUSY.swap(true, Ordering::SeqCst);
    time::sleep(Duration::from_millis(millis)).await;
    BUSY.store(false, Ordering::SeqCst);
    Ok(body::text(if company { "in company" } else { "alone" }))
}

/// `n=...` of the query, or 0.
fn number(query: Option<&str>) -> u64 {
    let pairs: HashMap<&str, &str> = query
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .collect();
    pairs.get("n").and_then(|n| n.parse().ok()).unwrap_or(0)
}
