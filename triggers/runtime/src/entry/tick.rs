//! Components for Spin's cron plugin: a tick's request becomes their call.

use chrono::{DateTime, Utc};
use http::{HeaderMap, Response};
use wasmtime::component::Accessor;

use self::bindings::fermyon::spin_cron::cron_types::{Error, Metadata};
pub(super) use self::bindings::{Ticked, TickedPre};
use super::done;
use crate::Body;
use crate::state::State;

mod bindings {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "spindrift:host/ticked",
        exports: { default: async | store },
    });
}

/// The attribute that says when the tick was sent.
const TIME: &str = "ce-time";

/// Calls an instance. Its own error is the answer's.
///
/// # Errors
///
/// The trap, exit or panic that ended the instance.
pub(super) async fn call(
    guest: &Ticked,
    accessor: &Accessor<State>,
    headers: &HeaderMap,
) -> wasmtime::Result<wasmtime::Result<Response<Body>>> {
    let metadata = Metadata {
        timestamp: sent_at(headers).timestamp().unsigned_abs(),
    };
    let result = guest.call_handle_cron_event(accessor, metadata).await?;
    Ok(match result {
        Ok(()) => Ok(done()),
        Err(Error::Other(message)) => Err(wasmtime::format_err!("{message}")),
    })
}

/// When the tick was sent: now, if the request does not say.
fn sent_at(headers: &HeaderMap) -> DateTime<Utc> {
    let time = headers.get(TIME).and_then(|value| value.to_str().ok());
    let time = time.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    time.map_or_else(Utc::now, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(time: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            http::HeaderName::from_static(TIME),
            http::HeaderValue::from_static(time),
        )])
    }

    #[test]
    fn a_tick_says_when_it_was_sent() {
        let sent = sent_at(&headers("2026-11-21T10:00:00.250+01:00"));
        assert_eq!(sent.timestamp(), 1_795_251_600);
    }

    #[test]
    fn a_request_that_says_nothing_is_of_now() {
        for headers in [HeaderMap::new(), headers("at noon")] {
            let age = Utc::now() - sent_at(&headers);
            assert!(age.num_seconds().abs() < 60, "{age}");
        }
    }
}
