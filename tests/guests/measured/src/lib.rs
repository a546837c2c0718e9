//! What `make bench` measures beside the greeting: `POST /echo` answers the body as it
//! comes, `POST /bill` reads JSON and answers JSON.

mod bill;

use bytes::Bytes;
use spin_sdk::http::body::IncomingBodyExt as _;
use spin_sdk::http::{
    BoxBody, EmptyBody, Error, FullBody, HeaderValue, Request, Response, StatusCode, box_body,
};
use spin_sdk::http_service;

#[http_service]
async fn answer(request: Request) -> Result<Response<BoxBody>, Error> {
    match request.uri().path() {
        "/echo" => Ok(Response::new(box_body(request.into_body()))),
        "/bill" => bill(request).await,
        _ => {
            let mut response = Response::new(box_body(EmptyBody::new()));
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        }
    }
}

async fn bill(request: Request) -> Result<Response<BoxBody>, Error> {
    let basket = request.into_body().bytes().await?;
    let bill = bill::bill(&basket).map_err(|error| Error::other(error.to_string()))?;
    let mut response = Response::new(box_body(FullBody::new(Bytes::from(bill))));
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/json"));
    Ok(response)
}
