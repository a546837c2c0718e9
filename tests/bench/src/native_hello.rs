//! The answer of `examples/hello`, from a server without a sandbox: hyper alone.
//! `native-hello ADDRESS`

use std::convert::Infallible;

use anyhow::Result;
use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use spindrift_bench::{Logged, listen, start_log};

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

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let logged = Logged::begin(request.method(), path);
    let name = path.strip_prefix("/hello/").filter(|name| !name.is_empty());
    let body = format!("Hello, {}!\n", name.unwrap_or("world"));
    let length = body.len() as u64;
    let mut response = Response::new(Full::from(body));
    if let Ok(id) = HeaderValue::from_str(logged.id()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), id);
    }
    logged.end("/hello/...", response.status(), length);
    Ok(response)
}
