//! Greets whoever is named in the path, in the words of its dependency.
#![allow(
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    reason = "the macro writes its imports out"
)]

mod words;

use spin_sdk::http::{IntoResponse, Request};
use spin_sdk::http_service;

#[http_service]
async fn ask(request: Request) -> impl IntoResponse {
    words::greet(request.uri().path().trim_start_matches('/'))
}
