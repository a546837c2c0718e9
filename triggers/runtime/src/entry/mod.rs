//! What a component exports, and how a request is given to it.

mod message;
mod tick;

use std::future::pending;

use futures::channel::oneshot;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use wasmtime::component::{Accessor, Func, InstancePre};
use wasmtime::{AsContextMut as _, Store};
use wasmtime_wasi_http::WasiHttpView as _;
use wasmtime_wasi_http::handler::{Prepared, Proxy, ProxyPre};
use wasmtime_wasi_http::{p2, p3};

use self::message::{Received, ReceivedPre};
use self::tick::{Ticked, TickedPre};
use crate::Body;
use crate::state::State;

/// Where an instance sends the head of its response, with the body to read on.
pub(crate) type Head = oneshot::Sender<wasmtime::Result<Response<Body>>>;

/// What a component exports, before there is an instance.
pub(crate) enum EntryPre {
    Http(ProxyPre<State>),
    Message(ReceivedPre),
    Tick(TickedPre<State>),
}

impl EntryPre {
    /// The first that the component has: an HTTP handler of WASI 0.3, one of 0.2, that of
    /// the Redis trigger, or that of the cron plugin.
    ///
    /// # Errors
    ///
    /// It has none.
    pub(crate) fn of(pre: &InstancePre<State>) -> wasmtime::Result<Self> {
        if let Ok(service) = p3::bindings::ServicePre::new(pre.clone()) {
            return Ok(Self::Http(ProxyPre::P3(service)));
        }
        let no_handler = match p2::bindings::ProxyPre::new(pre.clone()) {
            Ok(proxy) => return Ok(Self::Http(ProxyPre::P2(proxy))),
            Err(no_handler) => no_handler,
        };
        if let Ok(received) = ReceivedPre::new(pre) {
            return Ok(Self::Message(received));
        }
        TickedPre::new(pre.clone())
            .map(Self::Tick)
            .map_err(|_| no_handler)
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Entry> {
        Ok(match self {
            Self::Http(pre) => Entry::Http(pre.instantiate_async(store).await?),
            Self::Message(pre) => Entry::Message(pre.instantiate(store).await?),
            Self::Tick(pre) => Entry::Tick(pre.instantiate_async(store).await?),
        })
    }
}

/// What an instance exports.
pub(crate) enum Entry {
    Http(Proxy),
    Message(Received),
    Tick(Ticked),
}

impl Entry {
    /// The exported function.
    pub(crate) fn func(&self) -> Func {
        match self {
            Self::Http(Proxy::P2(guest)) => {
                *guest.wasi_http_incoming_handler().func_handle().func()
            }
            Self::Http(Proxy::P3(guest)) => *guest.wasi_http_handler().func_handle().func(),
            Self::Message(guest) => guest.func(),
            Self::Tick(guest) => *guest.func_handle_cron_event().func(),
        }
    }

    /// Calls it, until it has returned.
    ///
    /// # Errors
    ///
    /// The trap, exit or panic that ended the instance.
    pub(crate) async fn call(
        &self,
        accessor: &Accessor<State>,
        request: Request<Body>,
        head: Head,
    ) -> wasmtime::Result<()> {
        match self {
            Self::Http(proxy) => {
                let prepared = accessor.with(|mut store| {
                    Prepared::new(store.as_context_mut(), proxy, request, State::http, head)
                })?;
                prepared.run(accessor, pending()).await?;
            }
            Self::Message(guest) => {
                let answer = guest.call(accessor, request.into_body()).await?;
                // Whoever asked may have left.
                _ = head.send(answer);
            }
            Self::Tick(guest) => {
                let answer = tick::call(guest, accessor, request.headers()).await?;
                // Whoever asked may have left.
                _ = head.send(answer);
            }
        }
        Ok(())
    }
}

/// The response to a call that has no answer but that it was done.
fn done() -> Response<Body> {
    let body = Empty::new().map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
