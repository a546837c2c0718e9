//! A link to the database that can be cut.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use spindrift_tests::Database;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Passes connections on to a database server, while it is not cut.
pub(crate) struct Proxy {
    address: SocketAddr,
    cut: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// One in front of the database's server.
    pub(crate) async fn start(database: &Database) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = database.host.parse().context("the server's address")?;
        let (cut, is_cut) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, server, is_cut));
        Ok(Self {
            address,
            cut,
            accepting,
        })
    }

    /// The database, as it is reached over this link.
    pub(crate) fn far_side(&self, database: &Database) -> Database {
        let address = self.address.to_string();
        let over = |url: &str| url.replace(&database.host, &address);
        Database {
            superuser_url: over(&database.superuser_url),
            owner_url: over(&database.owner_url),
            app_url: over(&database.app_url),
            worker_url: over(&database.worker_url),
            name: database.name.clone(),
            host: address.clone(),
        }
    }

    /// Ends all connections, wherever they are in what they say, and refuses others.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Takes connections again.
    pub(crate) fn heal(&self) {
        self.cut.send_replace(false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, is_cut: watch::Receiver<bool>) {
    while let Ok((client, _)) = listener.accept().await {
        if !*is_cut.borrow() {
            tokio::spawn(pass(client, server, is_cut.clone()));
        }
    }
}

/// Passes both directions on until one side closes, or the link is cut.
async fn pass(mut client: TcpStream, server: SocketAddr, mut is_cut: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    _ = (client.set_nodelay(true), server.set_nodelay(true));
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
    }
}
