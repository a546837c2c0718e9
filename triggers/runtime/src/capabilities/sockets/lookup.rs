//! Which names are looked up, and what they come to.

use std::net::IpAddr;

use tokio::net::lookup_host;
use wasmtime::component::{Accessor, Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    self, HostResolveAddressStream, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network;
use wasmtime_wasi::p2::{DynPollable, SocketError, SocketResult};
use wasmtime_wasi::p3::bindings::sockets::{ip_name_lookup as latest, types};

use super::{Sockets, View, view};
use crate::state::State;

/// Names that one request may have looked up: each holds up a thread of the host's.
const LOOKUPS: usize = 256;

/// Why a name is not looked up.
enum Refusal {
    /// The list does not have it.
    Denied,
    /// The request has asked for many already.
    TooMany,
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    ip_name_lookup::add_to_linker::<_, Sockets>(linker, view)?;
    latest::add_to_linker::<_, Sockets>(linker, view)
}

impl View<'_> {
    /// Whether a name may be looked up. What is an address already may always.
    fn begin_lookup(&mut self, name: &str) -> Result<(), Refusal> {
        if self.opened.lookups >= LOOKUPS {
            return Err(Refusal::TooMany);
        }
        self.opened.lookups += 1;
        match address(name) {
            Some(_) => Ok(()),
            None => self
                .grant
                .hosts
                .check_lookup(name)
                .map_err(|_| Refusal::Denied),
        }
    }
}

/// The address that a name is by itself.
fn address(name: &str) -> Option<IpAddr> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok()
}

impl ip_name_lookup::Host for View<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<network::Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        self.begin_lookup(&name).map_err(|refusal| match refusal {
            Refusal::Denied => network::ErrorCode::AccessDenied,
            Refusal::TooMany => network::ErrorCode::TemporaryResolverFailure,
        })?;
        let named = name.clone();
        let stream = ip_name_lookup::Host::resolve_addresses(&mut self.wasi, network, name)?;
        self.opened.names.insert(stream.rep(), named);
        Ok(stream)
    }
}

impl HostResolveAddressStream for View<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<network::IpAddress>> {
        let handle = stream.rep();
        let next = HostResolveAddressStream::resolve_next_address(&mut self.wasi, stream)?;
        if let (Some(next), Some(name)) = (&next, self.opened.names.get(&handle)) {
            self.grant.learn(name, plain(next));
        }
        Ok(next)
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        HostResolveAddressStream::subscribe(&mut self.wasi, stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.opened.names.remove(&stream.rep());
        HostResolveAddressStream::drop(&mut self.wasi, stream)
    }
}

fn plain(address: &network::IpAddress) -> IpAddr {
    match *address {
        network::IpAddress::Ipv4((a, b, c, d)) => [a, b, c, d].into(),
        network::IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => [a, b, c, d, e, f, g, h].into(),
    }
}

impl latest::Host for View<'_> {}

impl<T: Send> latest::HostWithStore<T> for Sockets {
    async fn resolve_addresses(
        access: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<Vec<types::IpAddress>, latest::ErrorCode>> {
        let begun = access.with(|mut access| {
            let mut view = access.get();
            let begun = view.begin_lookup(&name);
            begun.map(|()| view.grant.clone())
        });
        let grant = match begun {
            Ok(grant) => grant,
            Err(Refusal::Denied) => return Ok(Err(latest::ErrorCode::AccessDenied)),
            Err(Refusal::TooMany) => return Ok(Err(latest::ErrorCode::TemporaryResolverFailure)),
        };
        if let Some(address) = address(&name) {
            return Ok(Ok(vec![address.into()]));
        }
        let Ok(found) = lookup_host((name.as_str(), 0)).await else {
            return Ok(Err(latest::ErrorCode::NameUnresolvable));
        };
        let found: Vec<IpAddr> = found.map(|one| one.ip().to_canonical()).collect();
        for one in &found {
            grant.learn(&name, *one);
        }
        Ok(Ok(found.into_iter().map(Into::into).collect()))
    }
}

// What the errors of the interfaces above, and of `limit`, are told by.
impl network::Host for View<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<network::ErrorCode> {
        error.downcast()
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<network::ErrorCode>> {
        network::Host::network_error_code(&mut self.wasi, error)
    }
}

impl network::HostNetwork for View<'_> {
    fn drop(&mut self, network: Resource<network::Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.wasi, network)
    }
}
