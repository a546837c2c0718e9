//! Components for Spin's Redis trigger: the request that a message comes in becomes their
//! call.

use http::Response;
use http_body_util::BodyExt as _;
use wasmtime::Store;
use wasmtime::component::{Accessor, Func, InstancePre};

use self::newer::spin::redis::redis::Error;
use super::done;
use crate::Body;
use crate::state::State;

mod newer {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "spindrift:host/received",
        exports: { default: async | store },
    });
}

mod older {
    wasmtime::component::bindgen!({
        path: "wit-older",
        world: "fermyon:spin/received",
        exports: { default: async | store },
    });
}

/// What a component exports, before there is an instance.
pub(crate) enum ReceivedPre {
    Newer(newer::ReceivedPre<State>),
    Older(older::ReceivedPre<State>),
}

/// What an instance exports.
pub(crate) enum Received {
    Newer(newer::Received),
    Older(older::Received),
}

impl ReceivedPre {
    /// The interface of today, or that of the generation before.
    ///
    /// # Errors
    ///
    /// It has neither.
    pub(super) fn new(pre: &InstancePre<State>) -> wasmtime::Result<Self> {
        match newer::ReceivedPre::new(pre.clone()) {
            Ok(newer) => Ok(Self::Newer(newer)),
            Err(_) => older::ReceivedPre::new(pre.clone()).map(Self::Older),
        }
    }

    pub(super) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Received> {
        Ok(match self {
            Self::Newer(pre) => Received::Newer(pre.instantiate_async(store).await?),
            Self::Older(pre) => Received::Older(pre.instantiate_async(store).await?),
        })
    }
}

impl Received {
    pub(super) fn func(&self) -> Func {
        match self {
            Self::Newer(guest) => {
                let guest = guest.spin_redis_inbound_redis();
                *guest.func_handle_message().func()
            }
            Self::Older(guest) => {
                let guest = guest.fermyon_spin_inbound_redis();
                *guest.func_handle_message().func()
            }
        }
    }

    /// Calls it with what the request carries. Its own error is the answer's.
    ///
    /// # Errors
    ///
    /// The trap, exit or panic that ended the instance.
    pub(super) async fn call(
        &self,
        accessor: &Accessor<State>,
        message: Body,
    ) -> wasmtime::Result<wasmtime::Result<Response<Body>>> {
        let message = match message.collect().await {
            Ok(message) => message.to_bytes().to_vec(),
            // Whoever sent it has left, or sent too much.
            Err(error) => return Ok(Err(error.into())),
        };
        let refused = match self {
            Self::Newer(guest) => {
                let guest = guest.spin_redis_inbound_redis();
                let result = guest.call_handle_message(accessor, message).await?;
                result.err().map(words)
            }
            Self::Older(guest) => {
                let guest = guest.fermyon_spin_inbound_redis();
                let result = guest.call_handle_message(accessor, message).await?;
                // What it says more is in what it printed.
                result.err().map(|_| "it answered with an error".to_owned())
            }
        };
        Ok(match refused {
            None => Ok(done()),
            Some(reason) => Err(wasmtime::format_err!("{reason}")),
        })
    }
}

fn words(error: Error) -> String {
    match error {
        Error::InvalidAddress => "an address of Redis is not valid".to_owned(),
        Error::TooManyConnections => "there are too many connections to Redis".to_owned(),
        Error::TypeError => "a value of Redis is of another type".to_owned(),
        Error::Other(reason) => reason,
    }
}
