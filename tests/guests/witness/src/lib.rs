//! A handler of events and ticks that writes down whatever it is given, once for each
//! delivery. One that comes twice is there twice; an event of the type
//! `test.panic` is its end.

use http::HeaderName;
use kit::tick;
use kit::{HttpRequest, HttpResponse, Problem};
use spin_sdk::http_service;
use store::Scope;
use store::params::text;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    tick::serve(request, async |tick| {
        let attribute = |name| {
            let value = tick.request().header(HeaderName::from_static(name));
            value.unwrap_or_default()
        };
        assert!(attribute("ce-type") != "test.panic", "an end, as asked");
        let (source, id) = (attribute("ce-source"), attribute("ce-id"));
        tick.in_batches(async |scope: &Scope<'_>| {
            let sql = "INSERT INTO witness.deliveries (source, event_id) VALUES ($1, $2)";
            scope.execute(sql, vec![text(source), text(id)]).await?;
            Ok::<_, Problem>(false)
        })
        .await
    })
    .await
}
