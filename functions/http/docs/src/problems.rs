//! `/api/problems/{slug}`: what the types of problem documents mean.

use http::{HeaderValue, StatusCode, header};
use kit::{Answer, Kind, Problem, Request, Response};
use serde::Serialize;

use crate::page::{escape, page, prose};
use crate::pages;

/// A type as it is explained.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Explained {
    #[serde(rename = "type", serialize_with = "path")]
    pub(crate) slug: &'static str,
    pub(crate) title: &'static str,
    pub(crate) status: u16,
    pub(crate) remedy: &'static str,
}

/// Every type that an answer can have.
pub(crate) fn all() -> impl Iterator<Item = Explained> {
    Kind::ALL.iter().map(|kind| Explained {
        slug: kind.slug,
        title: kind.title,
        status: kind.status.as_u16(),
        remedy: kind.remedy,
    })
}

/// Explains one type: as a page to browsers, as JSON to everyone else.
pub(crate) fn explain(request: &Request, slug: &str) -> Answer {
    let problem = all()
        .find(|problem| problem.slug == slug)
        .ok_or_else(|| Problem::new(Kind::NOT_FOUND, "There is no problem type of this name."))?;
    let accept = request.header(header::ACCEPT).unwrap_or("");
    let response = if accept.contains("text/html") {
        pages::html(Response::new(StatusCode::OK), html(&problem))
    } else {
        Response::json(StatusCode::OK, &problem)?
    };
    Ok(pages::cached(response).with_header(header::VARY, HeaderValue::from_static("Accept")))
}

fn html(problem: &Explained) -> String {
    let Explained {
        slug,
        title,
        status,
        remedy,
    } = *problem;
    let main = format!(
        "<div class=\"narrow\"><h1>{}</h1><p>Status {status}, type <code>/api/problems/{slug}</code></p>\
         <h4>What to do</h4>{}</div>",
        escape(title),
        prose(remedy),
    );
    page(title, &main)
}

fn path<S: serde::Serializer>(slug: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("/api/problems/{slug}"))
}
