//! The places, in the order in which an event comes past them.

/// Names places, and lists all that are named.
macro_rules! places {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*

        /// All places.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

places! {
    /// The HTTP trigger: the function has answered, its caller was told nothing.
    HTTP_ANSWERED = "http.answered";
    /// The PostgreSQL capability: a function wants its transaction ended, and the
    /// server was not told.
    POSTGRES_ENDING = "postgres.ending-transaction";
    /// The PostgreSQL capability: the server has ended the transaction, and the
    /// function was not told.
    POSTGRES_ENDED = "postgres.ended-transaction";
    /// The relay: a batch became deliveries, and nobody was told of them.
    RELAY_FANNED_OUT = "relay.fanned-out";
    /// The relay: a batch is safe in Kafka, and not marked.
    RELAY_PUBLISHED = "relay.published-unmarked";
    /// Whoever delivers: the function has answered, and nothing was made of it.
    DELIVERY_ANSWERED = "delivery.answered";
    /// The relay: deliveries are over, and still in their table.
    RELAY_SETTLING = "relay.settling";
    /// The relay: they are gone from it.
    RELAY_SETTLED = "relay.settled";
    /// The Kafka trigger: a record is done, and its offset is not stored.
    KAFKA_HANDLED = "kafka.handled";
    /// The Kafka trigger: a dead letter is written, and its record is not done.
    KAFKA_BURIED = "kafka.buried";
    /// The scheduler: a tick is this host's, and its function was not called.
    CRON_CLAIMED = "cron.claimed-tick";
    /// The scheduler: the function was called, and that is not written down.
    CRON_DELIVERED = "cron.delivered-tick";
}
