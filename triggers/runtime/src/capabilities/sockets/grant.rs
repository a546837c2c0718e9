//! Which addresses the sockets of a component reach.

use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use tokio::net::lookup_host;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;

use crate::capabilities::outbound_http;
use crate::limits::Limits;

/// Addresses that are known at once by the names that came to them.
const KNOWN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// Names that are known of one address.
const NAMES: usize = 16;

const TCP: &str = "tcp";
const UDP: &str = "udp";

/// Answers whether an address may be used.
type Answer = Pin<Box<dyn Future<Output = bool> + Send + Sync>>;

/// A place for one socket, until it is dropped.
pub(crate) struct Place {
    _own: OwnedSemaphorePermit,
    /// Where the sockets of all components are bounded.
    _of_all: Option<OwnedSemaphorePermit>,
}

/// What a component's sockets may do.
pub(crate) struct Grant {
    pub(super) hosts: Arc<outbound_http::Grant>,
    /// The names that the component may reach and that came to an address.
    known: Mutex<LruCache<IpAddr, Vec<String>>>,
    /// A permit for each socket, those of all instances together.
    places: Arc<Semaphore>,
}

impl Grant {
    pub(crate) fn new(hosts: Arc<outbound_http::Grant>) -> Self {
        let limits = Limits::from_declared(&hosts.component().settings.limits);
        Self {
            hosts,
            known: Mutex::new(LruCache::new(KNOWN)),
            places: Arc::new(Semaphore::new(limits.outbound_requests)),
        }
    }

    /// Has the sockets that are made from a context ask this grant. They keep `place`.
    pub(crate) fn guard(self: &Arc<Self>, wasi: &mut WasiCtxBuilder, place: Option<Place>) {
        let grant = self.clone();
        wasi.allow_tcp(true)
            .allow_udp(true)
            .allow_ip_name_lookup(true)
            .socket_addr_check(move |address, purpose| {
                // It goes with the last socket that has this closure.
                let _place = &place;
                grant.clone().answer(address, purpose)
            });
    }

    /// A place for one more socket, if there is one.
    pub(super) fn place(&self) -> Option<Place> {
        let function = &self.hosts.component().id;
        let Ok(own) = self.places.clone().try_acquire_owned() else {
            tracing::warn!(
                function,
                "component \"{function}\" has as many sockets open as its `outbound_requests` allow"
            );
            return None;
        };
        let of_all = self
            .hosts
            .sockets()
            .map(|all| all.clone().try_acquire_owned());
        match of_all.transpose() {
            Ok(of_all) => Some(Place {
                _own: own,
                _of_all: of_all,
            }),
            Err(_) => {
                tracing::warn!(
                    function,
                    "component \"{function}\" opens no socket: all components together have as \
                     many as the runtime configuration allows (`max_socket_connections` of \
                     `outbound_networking`)"
                );
                None
            }
        }
    }

    /// A name that the component may reach came to an address.
    pub(super) fn learn(&self, name: &str, address: IpAddr) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let names = known.get_or_insert_mut(address.to_canonical(), Vec::new);
        if !names.iter().any(|known| known == name) {
            names.insert(0, name.to_owned());
            names.truncate(NAMES);
        }
    }

    fn answer(self: Arc<Self>, address: SocketAddr, purpose: SocketAddrUse) -> Answer {
        let (scheme, asked) = match purpose {
            // Any socket that connects or sends has a port of its own, which the system
            // chooses; what comes to it from elsewhere is dropped.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => {
                let free = address.port() == 0;
                if !free {
                    self.refuse_to_listen(address);
                }
                return Box::pin(ready(free));
            }
            SocketAddrUse::TcpListen | SocketAddrUse::TcpAccept => {
                self.refuse_to_listen(address);
                return Box::pin(ready(false));
            }
            SocketAddrUse::TcpConnect => (TCP, true),
            SocketAddrUse::UdpSend => (UDP, true),
            SocketAddrUse::UdpReceive => (UDP, false),
        };
        if !asked {
            let heard = self.allows(scheme, address) && !self.hosts.blocked().blocks(address.ip());
            return Box::pin(ready(heard));
        }
        if self.hosts.check_address(address.ip()).is_err() {
            return Box::pin(ready(false));
        }
        if self.allows(scheme, address) {
            return Box::pin(ready(true));
        }
        let names = self.hosts.hosts().names(scheme, address.port());
        if names.is_empty() {
            // At once: a datagram of 0.2 whose answer is waited for counts as sent.
            return Box::pin(ready(self.check(scheme, address)));
        }
        // Perhaps the function had the address from elsewhere. In a task of its own, for
        // what is returned has to be `Sync`.
        let found = tokio::spawn(async move { self.find(&names, scheme, address).await });
        Box::pin(async move { found.await.unwrap_or(false) })
    }

    /// Whether the list has an address, or a name that is known to be there.
    fn allows(&self, scheme: &str, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        let listed = |host: &str| self.hosts.hosts().check(scheme, host, address.port());
        if listed(&ip.to_string()) {
            return true;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&ip)
            .is_some_and(|names| names.iter().any(|name| listed(name)))
    }

    /// Looks up names of the list, and denies what none of them comes to.
    async fn find(&self, names: &[String], scheme: &str, address: SocketAddr) -> bool {
        for name in names {
            if let Ok(found) = lookup_host((name.as_str(), 0)).await {
                for one in found {
                    self.learn(name, one.ip());
                }
            }
        }
        self.allows(scheme, address) || self.check(scheme, address)
    }

    /// Asks the list about an address alone. What is denied is logged.
    fn check(&self, scheme: &str, address: SocketAddr) -> bool {
        let host = address.ip().to_canonical().to_string();
        let port = Some(address.port());
        self.hosts.check(scheme, &host, port).is_ok()
    }

    fn refuse_to_listen(&self, address: SocketAddr) {
        let function = &self.hosts.component().id;
        tracing::warn!(
            function,
            "component \"{function}\" may not listen at {address}: functions are called by \
             triggers, such as [[trigger.http]], and accept no connections"
        );
    }
}
