use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

/// Answers one request. An error in place of the text would answer 500.
#[http_service]
async fn answer(request: Request) -> impl IntoResponse {
    format!("Hello from {}!\n", request.uri().path())
}
