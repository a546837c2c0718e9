//! What can go wrong between here and a server.

use crate::connection::PATIENCE;

/// Why there is no connection. The messages name the server and never the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What should be an address is none.
    #[error(
        "the address of Redis is malformed: {0}; write `redis://user:password@host:port/database`, \
         or `rediss://` for TLS, where everything but the host may be left out"
    )]
    Address(String),
    /// Nobody took the connection, or what did is no Redis, or wants another password.
    #[error("cannot connect to Redis at {server}: {reason}")]
    Connect {
        /// `host:port`.
        server: String,
        /// What the system or the server said.
        reason: String,
    },
    /// No answer in time.
    #[error("Redis at {server} does not answer within {} s", PATIENCE.as_secs())]
    Silent {
        /// `host:port`.
        server: String,
    },
    /// The server has ended the connection.
    #[error("Redis at {server} ended the connection")]
    Ended {
        /// `host:port`.
        server: String,
    },
}
