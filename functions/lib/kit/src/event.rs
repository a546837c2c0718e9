//! The edge of a function that handles events.
//!
//! An event comes as an HTTP request that carries a CloudEvent. The answer decides
//! what becomes of it: 2xx and it is done; 503 or another failure of ours and it
//! comes again; any other 4xx and it is put aside as a dead letter.
//!
//! ```ignore
//! #[http_service]
//! async fn handle(request: HttpRequest) -> HttpResponse {
//!     kit::event::serve(request, "greet", read, effect).await
//! }
//!
//! fn read(event: &CloudEvent) -> Result<Option<SignedUp>, Problem> {
//!     match event.kind() {
//!         Some(kind @ SIGNED_UP) => Ok(Some(event.envelope(kind)?.payload().map_err(misfit)?)),
//!         _ => Ok(None),
//!     }
//! }
//!
//! async fn effect(scope: &Scope<'_>, person: SignedUp) -> Result<(), Problem> {
//!     greetings::insert(scope, &person).await
//! }
//! ```

mod attributes;
mod cloud_event;
mod structured;

pub use cloud_event::CloudEvent;

use domain::event::Misfit;
use store::inbox::Claim;
use store::{Error, Scope};

use crate::{Answer, HttpRequest, HttpResponse, Kind, Problem, Response, config};

/// Reads the event in a request, and has its effect happen once.
///
/// `read` makes of the event what the effect needs, before anything is asked of the
/// database: an event that is refused there is refused whether the database is there
/// or not. `None` says that the event is none of this handler's business, and that
/// is well. `effect` then runs in one transaction of the worker's role together with
/// the row that remembers the event under the name `consumer`: both are there or
/// neither, and of an event that comes twice the second finds the row.
///
/// `effect` begins before it is known whether the event is new. When it is not, the
/// database refuses all that the effect asks of it; anything but statements must
/// therefore not happen in it.
///
/// Answers 204; 400, 415 or 422 to what is no event or does not fit its schema; and
/// 503 with `Retry-After` while the database is away.
pub async fn serve<T>(
    request: HttpRequest,
    consumer: &str,
    read: impl Fn(&CloudEvent) -> Result<Option<T>, Problem>,
    effect: impl AsyncFn(&Scope<'_>, T) -> Result<(), Problem>,
) -> HttpResponse {
    crate::serve(request, async |request| {
        if request.method() != "POST" {
            return Err(Problem::method_not_allowed(&["POST"]));
        }
        let event = CloudEvent::of(request)?;
        match read(&event)? {
            Some(work) => once(consumer, &event, work, &effect).await,
            None => Ok(Response::no_content()),
        }
    })
    .await
}

async fn once<T>(
    consumer: &str,
    event: &CloudEvent,
    work: T,
    effect: &impl AsyncFn(&Scope<'_>, T) -> Result<(), Problem>,
) -> Answer {
    let claim = Claim {
        consumer,
        source: event.source(),
        id: event.id(),
    };
    let db = config::database().await?;
    db.once(claim, async |scope: &Scope<'_>| effect(scope, work).await)
        .await?;
    Ok(Response::no_content())
}

/// Refuses an event that does not fit its schema (422).
#[expect(
    clippy::needless_pass_by_value,
    reason = "for `map_err`, which gives it away"
)]
pub fn misfit(error: Misfit) -> Problem {
    Problem::new(
        Kind::INVALID_FIELDS,
        format!("This event can't be used: {error}."),
    )
}

/// What a failed statement means for an event: a value that the database does not
/// take makes the event a dead letter, because no repetition would help.
pub fn failed(error: Error) -> Problem {
    match error {
        Error::Refused(_) => Problem::new(
            Kind::INVALID_FIELDS,
            "This event can't be used: the database does not take one of its values.",
        ),
        error => error.into(),
    }
}

#[cfg(test)]
mod request_of {
    //! Requests for tests.

    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, Method, Uri};

    use crate::Request;

    pub(super) fn event(headers: &[(&str, &str)], body: &str) -> Request {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        Request::new(
            Method::POST,
            Uri::from_static("/"),
            map,
            Bytes::copy_from_slice(body.as_bytes()),
        )
    }
}
