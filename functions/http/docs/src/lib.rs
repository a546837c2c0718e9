//! The documents: what runs here, how the API is used, and what its problems mean.

mod page;
mod pages;
mod problems;
mod schemas;
mod start;

use kit::{Answer, HttpRequest, HttpResponse, Problem, Request};
use spin_sdk::http_service;

const OPENAPI: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json"));
const DOCS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/docs.html"));
const STYLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/style.css"));

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::serve(request, async |request| route(request)).await
}

fn route(request: &Request) -> Answer {
    match (request.method(), &*request.segments()) {
        ("GET", []) => Ok(start::start(request)),
        ("GET", ["docs"]) => Ok(pages::file(request, env!("DOCS_TAG"), |response| {
            pages::html(response, DOCS)
        })),
        ("GET", ["docs", "style.css"]) => Ok(pages::file(request, env!("STYLE_TAG"), |response| {
            response.with_body("text/css; charset=utf-8", STYLE)
        })),
        ("GET", ["openapi.json"]) => Ok(pages::file(request, env!("OPENAPI_TAG"), |response| {
            response.with_body("application/json", OPENAPI)
        })),
        ("GET", ["problems", slug]) => problems::explain(request, slug),
        ("GET", ["schemas", name]) => schemas::show(name),
        (
            _,
            [] | ["docs"] | ["docs", "style.css"] | ["openapi.json"] | ["problems" | "schemas", _],
        ) => Err(Problem::method_not_allowed(&["GET"])),
        _ => Err(Problem::not_found()),
    }
}

#[cfg(test)]
mod document_tests;
