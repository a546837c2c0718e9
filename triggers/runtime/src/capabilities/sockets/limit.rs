//! How many sockets there are: a socket of 0.2 counts until it is closed, one of 0.3 until
//! its instance ends, which is after the request.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::{network, tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::p3::bindings::sockets::types;
use wasmtime_wasi::p3::sockets::SocketResult as LatestResult;
use wasmtime_wasi::sockets::WasiSocketsCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use super::{Sockets, View, view};
use crate::state::State;

/// The interface of 0.3 that has the sockets.
const LATEST: &str = "wasi:sockets/types@0.3.0";

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    tcp_create_socket::add_to_linker::<_, Sockets>(linker, view)?;
    udp_create_socket::add_to_linker::<_, Sockets>(linker, view)?;
    link_latest(linker)
}

/// Two functions of many; the others stay as they are.
fn link_latest(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut latest = linker.instance(LATEST)?;
    latest.func_wrap(
        "[static]tcp-socket.create",
        |mut store: StoreContextMut<'_, State>, (family,): (types::IpAddressFamily,)| {
            let mut view = view(store.data_mut());
            view.create_tcp(family).map(|made| (made,))
        },
    )?;
    latest.func_wrap_async(
        "[static]udp-socket.create",
        |mut store: StoreContextMut<'_, State>, (family,): (types::IpAddressFamily,)| {
            Box::new(async move {
                let mut view = view(store.data_mut());
                view.create_udp(family).await.map(|made| (made,))
            })
        },
    )
}

type Created<S> = wasmtime::Result<Result<Resource<S>, types::ErrorCode>>;

impl View<'_> {
    /// A context for one socket of 0.2, which keeps its place.
    fn context(&self) -> Result<WasiCtx, network::ErrorCode> {
        let place = self.grant.place();
        let place = place.ok_or(network::ErrorCode::NewSocketLimit)?;
        let mut wasi = WasiCtxBuilder::new();
        self.grant.guard(&mut wasi, Some(place));
        Ok(wasi.build())
    }

    /// Keeps a place for a socket of 0.3.
    fn keep_place(&mut self) -> Result<(), types::ErrorCode> {
        let place = self.grant.place().ok_or_else(|| {
            types::ErrorCode::Other(Some("too many sockets are open: close some".to_owned()))
        })?;
        self.opened.kept.push(place);
        Ok(())
    }

    fn create_tcp(&mut self, family: types::IpAddressFamily) -> Created<types::TcpSocket> {
        if let Err(error) = self.keep_place() {
            return Ok(Err(error));
        }
        told(types::HostTcpSocket::create(&mut self.wasi, family))
    }

    async fn create_udp(&mut self, family: types::IpAddressFamily) -> Created<types::UdpSocket> {
        if let Err(error) = self.keep_place() {
            return Ok(Err(error));
        }
        told(types::HostUdpSocket::create(&mut self.wasi, family).await)
    }
}

/// An error as the guest sees it, unless it ends the instance.
fn told<S>(created: LatestResult<Resource<S>>) -> Created<S> {
    match created {
        Ok(socket) => Ok(Ok(socket)),
        Err(error) => Ok(Err(error.downcast()?)),
    }
}

impl tcp_create_socket::Host for View<'_> {
    fn create_tcp_socket(
        &mut self,
        family: network::IpAddressFamily,
    ) -> SocketResult<Resource<TcpSocket>> {
        let mut context = self.context()?;
        let mut one = WasiSocketsCtxView {
            ctx: context.sockets(),
            table: &mut *self.wasi.table,
        };
        tcp_create_socket::Host::create_tcp_socket(&mut one, family)
    }
}

impl udp_create_socket::Host for View<'_> {
    async fn create_udp_socket(
        &mut self,
        family: network::IpAddressFamily,
    ) -> SocketResult<Resource<UdpSocket>> {
        let mut context = self.context()?;
        let mut one = WasiSocketsCtxView {
            ctx: context.sockets(),
            table: &mut *self.wasi.table,
        };
        udp_create_socket::Host::create_udp_socket(&mut one, family).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{self, Target};

    #[test]
    fn what_makes_sockets_of_0_3_is_called_as_wasmtime_calls_it() {
        let engine = engine::compiling(Target::Machine).unwrap();
        let mut linker = Linker::<State>::new(&engine);
        wasmtime_wasi::p3::add_to_linker(&mut linker).unwrap();
        // A function that is there already is not linked again without a word.
        assert!(link_latest(&mut linker).is_err());
        linker.allow_shadowing(true);
        link_latest(&mut linker).unwrap();
    }
}
