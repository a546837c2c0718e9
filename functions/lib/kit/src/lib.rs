//! A function's edge: what stands between `wasi:http` and the rules.
//!
//! A function's `lib.rs` is one call of [`serve`] and one `match` on the
//! request's method and path:
//!
//! ```ignore
//! #[http_service]
//! async fn handle(request: HttpRequest) -> HttpResponse {
//!     kit::serve(request, route).await
//! }
//!
//! async fn route(request: &Request) -> Answer {
//!     match (request.method(), &*request.segments()) {
//!         ("GET", ["tasks"]) => list(request).await,
//!         (_, ["tasks"]) => Err(Problem::method_not_allowed(&["GET"])),
//!         _ => Err(Problem::not_found()),
//!     }
//! }
//! ```

pub mod config;
mod etag;
pub mod event;
pub mod idempotency;
pub mod log;
pub mod origin;
mod problem;
mod request;
mod response;
mod serve;
pub mod session;
pub mod tick;
pub mod token;

pub use etag::IfMatch;
pub use problem::{Kind, Problem};
pub use request::{HttpRequest, Request};
pub use response::{HttpResponse, Response};
pub use serve::serve;

/// The time, as fine as PostgreSQL keeps it.
pub fn now() -> chrono::DateTime<chrono::Utc> {
    domain::instant::whole_micros(chrono::Utc::now())
}

/// What a route gives: a response, or the problem that stood in its way.
pub type Answer = Result<Response, Problem>;
