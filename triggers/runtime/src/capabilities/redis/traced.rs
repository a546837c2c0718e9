//! What is told of commands where their trace is recorded, by OpenTelemetry's semantic
//! conventions. Keys and values are not: they may hold what nobody else should read.

use spindrift_traces::{Kind, Parent, Span};

use super::wit::Error;

/// The span of a command.
pub(super) fn command(trace: Option<&Parent>, name: &str) -> Span {
    let mut span = Span::within(trace, Kind::Client, || name.to_ascii_uppercase());
    if span.is_recorded() {
        span.set("db.system.name", "redis");
        span.set("db.operation.name", name.to_ascii_uppercase());
    }
    span
}

/// The command has failed.
pub(super) fn fail(span: &mut Span, error: &Error) {
    span.fail(match error {
        Error::InvalidAddress => "address",
        Error::TooManyConnections => "connections",
        Error::TypeError => "type",
        Error::Other(_) => "other",
    });
}
