//! From a request to an answer, whatever happens in between.

use http::HeaderValue;

use crate::{Answer, HttpRequest, HttpResponse, Request};

/// Reads the request, lets `route` answer it, and turns a problem into its
/// document. HEAD is answered like GET; the host leaves the body out.
pub async fn serve(request: HttpRequest, route: impl AsyncFn(&Request) -> Answer) -> HttpResponse {
    let (request, read) = Request::read(request).await;
    let answer = match read {
        Ok(()) => route(&request).await,
        Err(problem) => Err(problem),
    };
    answer
        .unwrap_or_else(|problem| problem.into_response(request.id()))
        // Documents of one kind are never to be taken for another.
        .with_header(
            http::header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        )
        .into_http()
}
