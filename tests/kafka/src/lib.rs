//! A real Apache Kafka for tests: brokers in KRaft mode on loopback, at free ports,
//! with data in a folder of their own. They end with the process that started them,
//! however it ends.
//!
//! Who signs the brokers' certificates signs those of other servers of tests too
//! ([`authority`]).
//!
//! The jars come from Maven Central by way of `scripts/kafka-jars`, once. A machine
//! without Java or Maven is told so by [`skipped`].

mod authority;
mod broker;
mod cluster;
#[path = "../../src/guard.rs"]
mod guard;
mod jars;
mod options;
mod ports;
mod properties;
mod tls;

pub use authority::authority;
pub use cluster::Kafka;
pub use jars::skipped;
pub use options::Options;
