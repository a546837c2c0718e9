//! The smallest function worth reading: it greets whoever is named in the path.
//!
//! `GET /hello` answers `Hello, world!`, and `GET /hello/Ada` answers
//! `Hello, Ada!`. Everything else about it (its route, what it may reach, how
//! it is built) is in `spin.toml`.

use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

/// Answers one HTTP request. Returning an error instead would answer 500.
#[http_service]
async fn hello(request: Request) -> impl IntoResponse {
    format!("Hello, {}!\n", name_in(request.uri().path()))
}

/// The name in `/hello/<name>`; `world` when there is none.
fn name_in(path: &str) -> &str {
    path.strip_prefix("/hello/")
        .filter(|name| !name.is_empty())
        .unwrap_or("world")
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn the_name_comes_from_the_path() {
        assert_eq!(name_in("/hello/Ada"), "Ada");
    }

    #[test]
    fn without_a_name_the_world_is_greeted() {
        assert_eq!(name_in("/hello"), "world");
        assert_eq!(name_in("/hello/"), "world");
    }
}
