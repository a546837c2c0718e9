//! Accounts: `/api/auth/...`.
//!
//! Two components run this code: `sign-in` has the routes that hash a password, one
//! at a time per core; `auth` has the others, which would otherwise wait behind
//! them.

mod cookies;
mod events;
mod log_in;
mod log_out;
mod me;
mod password;
mod refresh;
mod refresh_token;
mod session;
mod sign_up;
mod throttle;

use kit::{Answer, HttpRequest, HttpResponse, Problem, Request};
use spin_sdk::http_service;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::serve(request, route).await
}

async fn route(request: &Request) -> Answer {
    match (request.method(), &*request.segments()) {
        ("POST", ["auth", "signup"]) => sign_up::sign_up(request).await,
        ("POST", ["auth", "login"]) => log_in::log_in(request).await,
        ("POST", ["auth", "refresh"]) => refresh::refresh(request).await,
        ("POST", ["auth", "logout"]) => log_out::log_out(request).await,
        ("GET", ["auth", "me"]) => me::get(request).await,
        ("PATCH", ["auth", "me"]) => me::patch(request).await,
        (_, ["auth", "signup" | "login" | "refresh" | "logout"]) => {
            Err(Problem::method_not_allowed(&["POST"]))
        }
        (_, ["auth", "me"]) => Err(Problem::method_not_allowed(&["GET", "PATCH"])),
        _ => Err(Problem::not_found()),
    }
}
