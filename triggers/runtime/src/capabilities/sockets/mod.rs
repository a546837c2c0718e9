//! `wasi:sockets` of both generations, behind the allow-list.
//!
//! The sockets are wasmtime's. What is decided here is which addresses one may connect or
//! send to ([`grant`]), which names are looked up ([`lookup`]), and how many sockets there
//! may be ([`limit`]). Nobody listens: functions are called by triggers.

mod grant;
mod limit;
mod lookup;

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::sockets::WasiSocketsCtxView;

pub(crate) use self::grant::Grant;
use self::grant::Place;
use crate::state::State;

/// What an instance has to do with sockets.
#[derive(Default)]
pub(crate) struct Opened {
    /// Names that are being looked up by 0.2, by the handles of their answers.
    names: BTreeMap<u32, String>,
    /// Names that the request has had looked up.
    lookups: usize,
    /// The places of sockets of 0.3.
    kept: Vec<Place>,
}

impl Opened {
    /// A request begins.
    pub(crate) fn begin(&mut self) {
        self.names.clear();
        self.lookups = 0;
    }

    /// Whether the instance must be replaced after its request. What is read from a socket
    /// of 0.3 outlives the socket, unseen, and ends with the instance at the latest.
    pub(crate) fn ends_instance(&self) -> bool {
        !self.kept.is_empty()
    }
}

/// An instance's sockets and its component's grant.
pub(crate) struct View<'a> {
    wasi: WasiSocketsCtxView<'a>,
    grant: &'a Arc<Grant>,
    opened: &'a mut Opened,
}

/// The interfaces' place in the linker.
pub(crate) struct Sockets;

impl HasData for Sockets {
    type Data<'a> = View<'a>;
}

fn view(state: &mut State) -> View<'_> {
    View {
        wasi: WasiSocketsCtxView {
            ctx: state.wasi.sockets(),
            table: &mut state.table,
        },
        grant: &state.grants.sockets,
        opened: &mut state.sockets,
    }
}

/// Puts what is decided here over what wasmtime has linked already.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    lookup::link(linker)?;
    limit::link(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}
