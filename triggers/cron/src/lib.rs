//! The cron trigger: calls functions at the times that their schedules name.
//!
//! Several hosts may run a [`Scheduler`] over one database. Each sees the same
//! ticks come due; the one that gets its row into `spindrift.cron_ticks` delivers
//! the tick, the others leave it alone. How a tick reaches its function is the
//! business of whoever implements [`Deliver`].
//!
//! A tick carries nothing but that it is time. A job that looks for what is due
//! by its own clock loses nothing when a tick comes late, or twice: a host that
//! dies while it delivers leaves a tick that another delivers again, with the same
//! id.

mod claims;
mod clock;
mod deliver;
mod job;
mod metrics;
mod run;
mod scheduler;

pub use clock::{Clock, SystemClock};
pub use deliver::{Deliver, Outcome, Tick};
pub use job::Job;
pub use metrics::{JobLabels, Metrics, TickLabels};
pub use scheduler::{Options, Scheduler};
