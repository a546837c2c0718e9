//! What is called, and when.

use std::time::Duration;

use chrono_tz::Tz;
use spindrift_manifest::{CatchUp, CronTrigger, Overlap, Schedule};

/// A job of the application.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name, the same on every host, and no other job's.
    pub name: String,
    /// The component to call.
    pub component: String,
    /// When.
    pub schedule: Schedule,
    /// By whose wall clock.
    pub time_zone: Tz,
    /// What happens to a tick while an earlier one is under way.
    pub overlap: Overlap,
    /// What happens to ticks that came due while nobody was there.
    pub catch_up: CatchUp,
    /// The longest that a delivery may take, its retries included. It is cut off
    /// then; a host that still has not said how it ended some time later is taken
    /// for dead. The same on every host.
    pub timeout: Duration,
}

impl Job {
    /// The job of a trigger in the manifest.
    pub fn new(trigger: &CronTrigger, timeout: Duration) -> Self {
        Self {
            name: trigger.name.clone(),
            component: trigger.component.clone(),
            schedule: trigger.schedule.clone(),
            time_zone: trigger.time_zone,
            overlap: trigger.overlap,
            catch_up: trigger.catch_up,
            timeout,
        }
    }
}
