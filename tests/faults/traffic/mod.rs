//! Changes that people make: straight in the outbox, and by the API.

mod caller;
mod writer;

pub(crate) use caller::Caller;
pub(crate) use writer::{Writer, record};
