//! The answers of `examples/hello` and of `tests/guests/measured`, from a server without
//! a sandbox: hyper alone. `native-hello ADDRESS`

#[path = "../../guests/measured/src/bill.rs"]
mod bill;

use std::convert::Infallible;

use anyhow::Result;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use spindrift_bench::{Logged, listen, start_log};

/// What came, or what was made.
type Body = Either<Incoming, Full<Bytes>>;

#[tokio::main]
async fn main() -> Result<()> {
    start_log();
    let listener = listen().await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        // A connection that breaks off concerns its client alone.
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let logged = Logged::begin(request.method(), &path);
    let (route, mut response) = match path.as_str() {
        "/echo" => ("/echo", Response::new(Either::Left(request.into_body()))),
        "/bill" => ("/bill", bill(request.into_body()).await),
        _ => ("/hello/...", greet(&path)),
    };
    if let Ok(id) = HeaderValue::from_str(logged.id()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), id);
    }
    let length = response.body().size_hint().exact().unwrap_or(0);
    logged.end(route, response.status(), length);
    Ok(response)
}

fn greet(path: &str) -> Response<Body> {
    let name = path.strip_prefix("/hello/").filter(|name| !name.is_empty());
    let body = format!("Hello, {}!\n", name.unwrap_or("world"));
    Response::new(Either::Right(Full::from(body)))
}

async fn bill(basket: Incoming) -> Response<Body> {
    let bill = match basket.collect().await {
        Ok(basket) => bill::bill(&basket.to_bytes()).ok(),
        Err(_) => None,
    };
    let status = match bill {
        Some(_) => StatusCode::OK,
        None => StatusCode::BAD_REQUEST,
    };
    let body = Full::from(bill.unwrap_or_default());
    let mut response = Response::new(Either::Right(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
