//! Servers that functions have named, each with the connection that they share.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use spindrift_redis::{Address, Connection, Error, PATIENCE};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::wit;
use crate::capabilities::outbound_http;
use crate::networks::BlockedNetworks;

/// Addresses that are known at once. A function may make up any number.
const KNOWN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// All servers of the process.
pub(crate) struct Servers {
    /// Connections that functions may have to themselves, for each address.
    own: usize,
    blocked: Arc<BlockedNetworks>,
    known: Mutex<LruCache<String, Arc<Server>>>,
}

/// A component's way to its servers.
#[derive(Clone)]
pub(crate) struct Grant {
    servers: Arc<Servers>,
    hosts: Arc<outbound_http::Grant>,
}

/// What one address names. It is connected to when somebody asks.
pub(crate) struct Server {
    address: Address,
    blocked: Arc<BlockedNetworks>,
    /// On which all functions send what leaves nothing behind.
    shared: tokio::sync::Mutex<Option<Connection>>,
    /// A permit for each connection that a function has to itself.
    own: Arc<Semaphore>,
}

/// A connection that a function has to itself.
pub(super) struct Own {
    pub(super) connection: Connection,
    _place: OwnedSemaphorePermit,
}

impl Servers {
    pub(crate) fn new(own: usize, blocked: Arc<BlockedNetworks>) -> Self {
        Self {
            own,
            blocked,
            known: Mutex::new(LruCache::new(KNOWN)),
        }
    }

    fn server(&self, text: &str, address: Address) -> Arc<Server> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = known.get(text) {
            return server.clone();
        }
        let server = Arc::new(Server::new(address, self.blocked.clone(), self.own));
        known.put(text.to_owned(), server.clone());
        server
    }
}

impl Grant {
    pub(crate) fn new(servers: Arc<Servers>, hosts: Arc<outbound_http::Grant>) -> Self {
        Self { servers, hosts }
    }

    /// The server that an address names, if the component may reach it. Why it may not is
    /// in the log: the interface has no words for it.
    pub(super) fn server(&self, text: &str) -> Result<Arc<Server>, wit::Error> {
        let address = Address::parse(text).map_err(|error| {
            let function = &*self.hosts.component().id;
            tracing::warn!(function, "{error}");
            wit::Error::InvalidAddress
        })?;
        self.hosts
            .check(address.scheme(), address.host(), Some(address.port()))
            .map_err(|_| wit::Error::InvalidAddress)?;
        Ok(self.servers.server(text, address))
    }
}

impl Server {
    /// The server at an address, where that is not blocked. Functions may have as many
    /// connections of their `own`.
    pub(crate) fn new(address: Address, blocked: Arc<BlockedNetworks>, own: usize) -> Self {
        Self {
            address,
            blocked,
            shared: tokio::sync::Mutex::default(),
            own: Arc::new(Semaphore::new(own)),
        }
    }

    /// The connection that functions share, made anew when the server has hung up.
    ///
    /// # Errors
    ///
    /// There is none after [`PATIENCE`], however many wait for it.
    pub(crate) async fn shared(&self) -> Result<Connection, Error> {
        let connected = async {
            let mut shared = self.shared.lock().await;
            if let Some(connection) = shared.as_ref().filter(|one| one.is_open()) {
                return Ok(connection.clone());
            }
            let connection = self.connect().await?;
            *shared = Some(connection.clone());
            Ok::<_, Error>(connection)
        };
        timeout(PATIENCE, connected)
            .await
            .unwrap_or_else(|_| Err(self.address.silent()))
    }

    /// Connects where it is not blocked.
    async fn connect(&self) -> Result<Connection, Error> {
        let places: Vec<SocketAddr> = match self.blocked.is_empty() {
            true => Vec::new(),
            false => {
                let (host, port) = (self.address.host(), self.address.port());
                let found = timeout(PATIENCE, self.blocked.resolve(host, port)).await;
                let found = found.map_err(|_| self.address.silent())?;
                found.map_err(|error| self.address.unreachable(&error))?
            }
        };
        self.address.connect(&places).await
    }

    /// A connection failed: nobody else is to be given it. Those who have it go on.
    pub(crate) fn forget(&self, failed: &Connection) {
        // Whoever holds the lock is replacing it already.
        if let Ok(mut shared) = self.shared.try_lock()
            && shared.as_ref().is_some_and(|shared| shared.is(failed))
        {
            *shared = None;
        }
    }

    /// A connection of the function's own.
    ///
    /// # Errors
    ///
    /// Too many have one, or there is none after [`PATIENCE`].
    pub(super) async fn own(&self) -> Result<Own, wit::Error> {
        let place = self.own.clone().try_acquire_owned();
        let place = place.map_err(|_| wit::Error::TooManyConnections)?;
        let connection = self.connect().await;
        let connection = connection.map_err(|error| wit::Error::Other(error.to_string()))?;
        Ok(Own {
            connection,
            _place: place,
        })
    }
}
