//! Runs functions: components in a sandbox, called with HTTP requests, or, those for
//! Spin's cron plugin and its Redis trigger, with what such a request says or carries.
//!
//! A [`Runtime`] is made once. It turns an application's components into
//! [`Functions`], from code compiled ahead of time, and each [`Function`] is
//! called like a service. What a function may touch is what the manifest grants
//! it ([`capabilities`]); what it may use is bounded ([`limits`]); what it does
//! wrong fails its own request alone.
//!
//! **Isolation.** An instance serves requests one after another, never two at
//! once. What a function keeps in statics is there for the requests that the
//! same instance serves later, and for no others. An instance that traps, exits,
//! overruns its time or grew past `retire_memory` serves no further request.

mod background;
mod bindings;
pub mod capabilities;
pub mod client_tls;
mod compiled;
mod drive;
mod engine;
mod entry;
mod error;
mod function;
mod guest_log;
mod idle;
mod instance;
pub mod limits;
mod maker;
pub mod metrics;
mod neighbours;
mod networks;
pub mod passage;
mod reader;
mod reads;
mod response;
mod runtime;
mod state;
mod ticker;
mod turn;

pub use capabilities::key_value::{StorePlace, StoreServer};
pub use capabilities::llm::ModelServer;
pub use capabilities::sqlite::{SqlitePlace, SqliteServer};
pub use client_tls::ClientTls;
pub use engine::Target;
pub use error::{CallError, LoadError};
pub use function::{Call, Function};
pub use neighbours::{Neighbour, Neighbours};
pub use networks::BlockedNetworks;
pub use reads::Reads;
pub use response::ResponseBody;
pub use runtime::{Code, Functions, Options, Runtime, compile};

/// What reading a [`Body`] may fail with.
pub use wasmtime_wasi_http::Error as BodyError;
/// A request or response body as functions take and give them.
pub use wasmtime_wasi_http::WasiBody as Body;
