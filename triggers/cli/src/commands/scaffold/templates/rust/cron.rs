use spin_sdk::http::{Request, StatusCode};
use spin_sdk::http_service;

/// Does what is to be done when it is time. A tick may come late, or twice: do what is due
/// by the clock, and what was done already not again.
#[http_service]
async fn on_tick(request: Request) -> StatusCode {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    println!("It is time: {:?}", header("ce-time"));
    StatusCode::NO_CONTENT
}
