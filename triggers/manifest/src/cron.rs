//! `[[trigger.cron]]`: what is called at certain times.

use chrono_tz::Tz;

use crate::schedule::Schedule;

/// One `[[trigger.cron]]`: a job.
#[derive(Clone, Debug)]
pub struct CronTrigger {
    /// Its `id`, or `trigger-cron-<n>` from 0, when the manifest gives none.
    pub id: String,
    /// `name`: what the job is called on every host, in events and in metrics.
    /// When the manifest gives none, the component's id, with `-2`, `-3`, ...
    /// where that is taken. No two jobs of an application share one.
    pub name: String,
    /// The component of this id. It is in `App::components`.
    pub component: String,
    /// `schedule`, or `cron_expression` as the cron plugin of Spin calls it.
    pub schedule: Schedule,
    /// `time_zone`: whose wall clock the schedule goes by; UTC when absent.
    pub time_zone: Tz,
    /// `overlap`.
    pub overlap: Overlap,
    /// `catch_up`.
    pub catch_up: CatchUp,
    /// The line of the manifest, from 1.
    pub line: usize,
}

/// What to do when a job is due while its last tick is still under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// `"skip"`: leave the new tick out.
    #[default]
    Skip,
    /// `"allow"`: let both run.
    Allow,
}

/// What to do about ticks that came due while nobody was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CatchUp {
    /// `"one"`: fire once for all of them.
    #[default]
    One,
    /// `"none"`: wait for the next one.
    None,
}
