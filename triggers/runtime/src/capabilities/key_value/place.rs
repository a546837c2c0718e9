//! Where stores are, as an operator says it.

use std::fmt;
use std::path::PathBuf;

use spindrift_database::Target;
use spindrift_redis::Address;

/// Where a key-value store is.
#[derive(Clone, Debug)]
pub enum StorePlace {
    /// In a SQLite file, which is made at first use.
    File(PathBuf),
    /// On a server, which is connected to at first use.
    Server(StoreServer),
}

/// A server that stores are on. Its `Debug` says of which kind it is, and nothing else:
/// there is a password in the rest.
#[derive(Clone)]
pub struct StoreServer {
    /// What tells one server from another.
    pub(super) url: String,
    pub(super) protocol: Protocol,
}

/// How a server is spoken to.
#[derive(Clone)]
pub(super) enum Protocol {
    Redis(Address),
    Postgres(Box<Target>),
}

impl StoreServer {
    /// The Redis at `redis://user:password@host:port/database`, or `rediss://` for TLS.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL, in words that do not repeat it.
    pub fn redis(url: &str) -> Result<Self, String> {
        let address = Address::parse(url).map_err(|error| error.to_string())?;
        Ok(Self {
            url: url.to_owned(),
            protocol: Protocol::Redis(address),
        })
    }

    /// The PostgreSQL at `postgres://user:password@host:port/database?sslmode=require`.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL, in words that do not repeat it, or with the
    /// certificates that it names.
    pub fn postgres(url: &str) -> Result<Self, String> {
        let target = Target::parse(url).map_err(|error| error.to_string())?;
        Ok(Self {
            url: url.to_owned(),
            protocol: Protocol::Postgres(Box::new(target)),
        })
    }
}

impl fmt::Debug for StoreServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.protocol {
            Protocol::Redis(_) => "Redis",
            Protocol::Postgres(_) => "PostgreSQL",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_never_shows_its_password() {
        let redis = StoreServer::redis("redis://:hunter2@cache:6380/1").unwrap();
        let postgres = StoreServer::postgres("postgres://u:hunter2@db/x?sslmode=disable").unwrap();
        assert_eq!(format!("{redis:?} {postgres:?}"), "Redis PostgreSQL");
        for wrong in [
            StoreServer::redis("redis://:hunter2@cache/nine"),
            StoreServer::redis("postgres://u:hunter2@db/x"),
            StoreServer::postgres("redis://:hunter2@cache"),
            StoreServer::postgres("postgres://u:hunter2@db:port/x"),
        ] {
            let told = wrong.unwrap_err();
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
