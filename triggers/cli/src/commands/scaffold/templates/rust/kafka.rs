use spin_sdk::http::{Request, StatusCode};
use spin_sdk::http_service;

/// Handles one event: a request with a CloudEvent in its headers and its body.
///
/// 2xx: it is done. 404, 408, 409, 429, 5xx or no answer: it comes again. Anything else: it
/// is a dead letter. An event may come twice, and its id (`ce-id`) tells that it does.
#[http_service]
async fn on_event(request: Request) -> StatusCode {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    println!("{:?} with the id {:?}", header("ce-type"), header("ce-id"));
    StatusCode::NO_CONTENT
}
