//! `/api/schemas/{name}`: what the data of events looks like.

use domain::event::schemas;
use http::StatusCode;
use kit::{Answer, Kind, Problem, Response};

use crate::pages;

/// Shows one schema.
pub(crate) fn show(name: &str) -> Answer {
    let schema = schemas::named(name)
        .ok_or_else(|| Problem::new(Kind::NOT_FOUND, "There is no event schema of this name."))?;
    let response = Response::new(StatusCode::OK);
    Ok(pages::cached(
        response.with_body("application/schema+json", schema.text),
    ))
}
