//! The trigger with a real Kafka.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "all of this is tests, of which clippy knows the functions alone"
)]

mod dead_letters;
mod killed;
mod order;
mod outage;
mod poison;
mod publishing;
mod rebalance;
mod secure;
mod stopping;
mod support;
