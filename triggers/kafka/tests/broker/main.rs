//! The trigger with a real Kafka.

mod dead_letters;
mod killed;
mod order;
mod outage;
mod poison;
mod rebalance;
mod secure;
mod stopping;
mod support;
