//! Takes votes, and shows how they stand.
//!
//! `POST /votes/<name>` publishes a vote, `GET /votes` shows what was counted.

use anyhow::Result;
use spin_sdk::http::{IntoResponse, Method, Request, StatusCode};
use spin_sdk::redis::{Connection, RedisParameter, RedisResult};
use spin_sdk::{http_service, variables};

#[http_service]
async fn votes(request: Request) -> Result<impl IntoResponse> {
    let connection = Connection::open(variables::get("redis_address").await?).await?;
    let path = request.uri().path();
    let name = path.strip_prefix("/votes/").unwrap_or_default();
    Ok(match *request.method() {
        Method::GET => (StatusCode::OK, standing(&connection).await?),
        Method::POST if !name.is_empty() => {
            connection.publish("votes", name).await?;
            // It is counted when its message arrives.
            (StatusCode::ACCEPTED, String::new())
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    })
}

/// A line for each name, in the order of the alphabet.
async fn standing(connection: &Connection) -> Result<String> {
    let key = RedisParameter::Binary(b"votes".to_vec());
    let counted = connection.execute("HGETALL", [key]).await?;
    let mut lines: Vec<String> = counted
        .chunks(2)
        .filter_map(|pair| match pair {
            [RedisResult::Binary(name), RedisResult::Binary(count)] => {
                let [name, count] = [name, count].map(|bytes| String::from_utf8_lossy(bytes));
                Some(format!("{name} {count}\n"))
            }
            _ => None,
        })
        .collect();
    lines.sort();
    Ok(lines.concat())
}
