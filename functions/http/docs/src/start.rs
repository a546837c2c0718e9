//! `/`: what runs here.

use http::{HeaderValue, StatusCode, header};
use kit::{Request, Response, origin};

use crate::page::{escape, page};
use crate::pages;

/// A page for whoever comes by with a browser.
pub(crate) fn start(request: &Request) -> Response {
    let origin = origin::own(request).unwrap_or_default();
    let response = pages::html(Response::new(StatusCode::OK), html(&origin));
    // It has the address in it that this caller used.
    response.with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}

fn html(origin: &str) -> String {
    let origin = escape(origin);
    let main = format!(
        "<div class=\"narrow\"><h1>A todo list runs here</h1>\
         <p>It is a set of functions: small WebAssembly components, each in a sandbox of its own, served by \
         Spindrift from PostgreSQL. Everybody has an account and sees their own tasks.</p>\
         <ul><li><a href=\"/api/docs\">The API, to read</a></li>\
         <li><a href=\"/api/openapi.json\">The API, for programs (OpenAPI 3.1)</a></li>\
         <li><a href=\"/api/health\">Is it well?</a></li></ul>\
         <h4>Try it: make an account</h4>\
         <pre class=\"wrap\" tabindex=\"0\">curl {origin}/api/auth/signup -H 'content-type: application/json' \
         -d '{{\"email\":\"me@example.com\",\"password\":\"ten characters or more\",\"transport\":\"token\"}}'</pre>\
         <h4>Then make a task, with the access token of the answer</h4>\
         <pre class=\"wrap\" tabindex=\"0\">curl {origin}/api/tasks -H 'authorization: Bearer ACCESS_TOKEN' \
         -H 'content-type: application/json' -d '{{\"title\":\"Water the plants\"}}'</pre></div>"
    );
    page("Spindrift", &main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_can_t_bring_markup_into_the_page() {
        let page = html("http://\"><script>alert(1)</script>");
        assert!(!page.contains("<script>"));
    }
}
