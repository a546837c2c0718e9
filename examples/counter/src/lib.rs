//! Counts, under whatever name stands in the path, in a key-value store.
//!
//! `POST /counter/<name>` counts one more and answers how many there are now,
//! `GET /counter/<name>` answers how many there are, `DELETE` forgets them.

use anyhow::Result;
use spin_sdk::http::{IntoResponse, Method, Request, StatusCode};
use spin_sdk::http_service;
use spin_sdk::key_value::Store;

#[http_service]
async fn counter(request: Request) -> Result<impl IntoResponse> {
    let store = Store::open_default().await?;
    let name = request.uri().path();
    Ok(match *request.method() {
        Method::GET => (StatusCode::OK, format!("{}\n", count(&store, name).await?)),
        Method::POST => {
            // Two requests at once may count as one: a store has no transactions.
            let count = count(&store, name).await? + 1;
            store.set(name, count.to_string()).await?;
            (StatusCode::OK, format!("{count}\n"))
        }
        Method::DELETE => {
            store.delete(name).await?;
            (StatusCode::NO_CONTENT, String::new())
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    })
}

async fn count(store: &Store, name: &str) -> Result<u64> {
    Ok(match store.get(name).await? {
        Some(text) => String::from_utf8(text)?.parse()?,
        None => 0,
    })
}
