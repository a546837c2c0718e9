//! What can go wrong with the relay.

use spindrift_database::summary;

/// Why the relay stopped working for a while. It begins again by itself.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The database cannot be reached.
    #[error(transparent)]
    Connect(#[from] spindrift_database::Error),
    /// A statement failed, or the connection ended.
    #[error("the outbox cannot be read: {}", summary(.0))]
    Sql(#[from] tokio_postgres::Error),
    /// What events are published to does not take them now.
    #[error("events cannot be published: {0}")]
    Publish(String),
    /// A part of the relay ended.
    #[error("a part of the relay ended: {0}")]
    Part(#[from] tokio::task::JoinError),
}
