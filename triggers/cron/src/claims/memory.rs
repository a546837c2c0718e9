//! The claims of a host that is the only one. They go with the process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use spindrift_manifest::Overlap;

use super::Claim;
use crate::job::Job;

/// What is known of each job, by its name.
#[derive(Default)]
pub(crate) struct InMemory(Mutex<BTreeMap<String, Ticks>>);

#[derive(Default)]
struct Ticks {
    last: Option<DateTime<Utc>>,
    under_way: BTreeSet<DateTime<Utc>>,
}

impl InMemory {
    pub(super) fn last(&self, job: &Job, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let last = self.lock().get(&job.name)?.last;
        last.filter(|last| *last <= until)
    }

    /// What was claimed is not claimed again when the clock has gone back.
    pub(super) fn claim(&self, job: &Job, due_at: DateTime<Utc>) -> Claim {
        let mut jobs = self.lock();
        let ticks = jobs.entry(job.name.clone()).or_default();
        if ticks.last.is_some_and(|last| due_at <= last) {
            return Claim::Taken;
        }
        ticks.last = Some(due_at);
        if job.overlap == Overlap::Skip && !ticks.under_way.is_empty() {
            return Claim::Skipped;
        }
        ticks.under_way.insert(due_at);
        Claim::Ours
    }

    pub(super) fn finish(&self, job: &Job, due_at: DateTime<Utc>) {
        if let Some(ticks) = self.lock().get_mut(&job.name) {
            ticks.under_way.remove(&due_at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Ticks>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
