//! Sessions with MySQL, from a pool for each address that functions name.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use deadpool::managed::{self, Metrics as Uses, RecycleError, RecycleResult, TimeoutType};
use mysql_async::{Conn, Opts, OptsBuilder};

use super::failure::describe;
use super::lent::Lent;
use super::session::Session;
use super::{MySql, address};
use crate::capabilities::outbound_http;
use crate::capabilities::pools::{self, Driver};
use crate::networks::BlockedNetworks;

/// All pools of the process.
pub(crate) type Pools = pools::Pools<MySql>;

/// A component's way to its pools.
pub(crate) type Grant = pools::Grant<MySql>;

impl Grant {
    /// Lends a session. The error is for the guest, in words without secrets.
    pub(super) async fn lend(&self, address: String) -> Result<Lent, String> {
        let (object, _) = self.borrow(&address).await?;
        Ok(Lent::new(object))
    }
}

impl Driver for MySql {
    /// The address, as the functions gave it.
    type Key = String;
    type Error = mysql_async::Error;
    type Connector = Connector;

    fn connector(
        address: &String,
        hosts: &outbound_http::Grant,
        blocked: Arc<BlockedNetworks>,
    ) -> Result<Connector, String> {
        let opts = address::parse(address)?;
        hosts.check("mysql", opts.ip_or_hostname(), Some(opts.tcp_port()))?;
        Ok(Connector { opts, blocked })
    }

    fn is_wait(timeout: TimeoutType) -> bool {
        matches!(timeout, TimeoutType::Wait)
    }

    fn describe(error: &mysql_async::Error) -> String {
        describe(error)
    }
}

/// Makes sessions.
pub(crate) struct Connector {
    opts: Opts,
    blocked: Arc<BlockedNetworks>,
}

// What a connector holds is not for logs.
impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    /// The server, at addresses that are not blocked.
    async fn reachable(&self) -> io::Result<Opts> {
        if self.blocked.is_empty() {
            return Ok(self.opts.clone());
        }
        let (host, port) = (self.opts.ip_or_hostname(), self.opts.tcp_port());
        let found = self.blocked.resolve(host, port).await?;
        let found: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
        let opts = OptsBuilder::from_opts(self.opts.clone()).resolved_ips(Some(found));
        Ok(opts.into())
    }
}

impl managed::Manager for Connector {
    type Type = Session;
    type Error = mysql_async::Error;

    async fn create(&self) -> Result<Session, mysql_async::Error> {
        let opts = self.reachable().await?;
        Ok(Session::new(Conn::new(opts).await?))
    }

    /// A server that restarted, or grew tired of an idle connection, is noticed here and
    /// not by the function.
    async fn recycle(&self, session: &mut Session, _: &Uses) -> RecycleResult<mysql_async::Error> {
        session.ping().await.map_err(RecycleError::Backend)
    }
}
