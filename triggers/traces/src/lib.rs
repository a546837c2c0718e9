//! Traces: which one a call belongs to, and where its spans go.
//!
//! Every call belongs to a trace ([W3C Trace Context]), recorded or not: its id is in
//! the log. Where [`export::start`] found a collector, calls have spans besides, which go
//! there by OTLP. The names of spans and attributes follow OpenTelemetry's semantic
//! conventions.
//!
//! Like logging this is one for the process. Without a collector a [`Span`] is nothing,
//! and costs nothing.
//!
//! [W3C Trace Context]: https://www.w3.org/TR/trace-context/

mod context;
pub mod export;
mod span;

pub use context::Parent;
pub use span::{Kind, Span, incoming};
