//! From a release to a cluster, safely, and back.
//!
//! A deployment holds a Lease, writes to a record what it is about to change, starts new
//! revisions beside the old ones, and moves traffic when they proved themselves. Whatever
//! fails, and wherever it is interrupted, the record says how to go back, and the next
//! command does that or goes on.

mod access;
mod api;
mod catalog;
mod conditions;
mod connect;
mod delete;
mod delivery;
mod deploy;
mod diff;
mod error;
mod job;
mod kinds;
mod lease;
mod logs;
mod metrics;
mod objects;
mod options;
mod own;
mod pods;
mod preflight;
mod progress;
mod prune;
mod ready;
mod record;
mod rollback;
mod run;
mod smoke;
mod status;
mod stop;
mod traffic;
mod undo;
mod watch;

pub use access::{Role, roles};
pub use connect::{Cluster, Target as ClusterTarget};
pub use delete::Deletion;
pub use deploy::Outcome;
pub use diff::{Action, Change};
pub use error::{Error, Result};
pub use logs::{Line, LogOptions};
pub use options::{Options, Timing};
pub use progress::{Event, Progress, ServiceState};
pub use record::{Contract, Entry, State};
pub use status::{DeliveryStatus, ServiceStatus, Status};
pub use traffic::Target;
