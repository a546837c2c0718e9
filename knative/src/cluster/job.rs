//! Jobs that have to finish.

use serde_json::Value;
use tokio::time::Instant;

use super::api::Api;
use super::conditions::{self, Condition};
use super::error::{Error, Result};
use super::kinds::JOB;
use super::objects::{label, name};
use super::pods;
use crate::labels::RELEASE;

/// What has become of a Job.
enum Outcome {
    Running,
    Complete,
    Failed(String),
}

/// Runs `job` to its end. One of the same name that finished for the same release is
/// not run again; one that failed, or was another release's, is made anew.
pub(crate) async fn run(api: &Api, job: &Value, until: Instant) -> Result<()> {
    let started = Instant::now();
    let mut created = false;
    loop {
        match api.get(&JOB, name(job)).await? {
            None if created => return Err(failed(api, job, "somebody deleted it").await),
            None => match api.create(&JOB, job, false).await {
                Ok(_) => created = true,
                // It is there after all: of an answer that was lost, say.
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            },
            Some(live) => match outcome(&live) {
                Outcome::Complete if created || release(&live) == release(job) => return Ok(()),
                Outcome::Failed(reason) if created => {
                    return Err(failed(api, job, &reason).await);
                }
                Outcome::Running if created || release(&live) == release(job) => created = true,
                _ => remove(api, name(job), until).await?,
            },
        }
        if Instant::now() >= until {
            let reason = format!("not finished within {} s", started.elapsed().as_secs());
            return Err(failed(api, job, &reason).await);
        }
        if created {
            api.pause(api.timing.poll).await?;
        }
    }
}

/// Deletes a Job and waits until it is gone.
pub(crate) async fn remove(api: &Api, name: &str, until: Instant) -> Result<()> {
    let started = Instant::now();
    api.delete(&JOB, name, None).await?;
    while api.get(&JOB, name).await?.is_some() {
        if Instant::now() >= until {
            return Err(Error::Timeout {
                what: format!("Job/{name} was not deleted"),
                after: started.elapsed(),
                last: "something holds on to it (finalizers)".to_owned(),
            });
        }
        api.pause(api.timing.poll).await?;
    }
    Ok(())
}

/// Whether a Job has finished its work.
pub(crate) fn is_complete(job: &Value) -> bool {
    matches!(outcome(job), Outcome::Complete)
}

/// The release that a Job is of, by its own label or its pods'.
pub(crate) fn release(job: &Value) -> &str {
    match label(job, RELEASE) {
        "" => label(&job["spec"]["template"], RELEASE),
        release => release,
    }
}

fn outcome(job: &Value) -> Outcome {
    if conditions::of(job, "Complete") == Condition::True {
        return Outcome::Complete;
    }
    let failed = super::objects::array(job, "/status/conditions")
        .iter()
        .find(|condition| condition["type"] == "Failed" && condition["status"] == "True");
    failed.map_or(Outcome::Running, |condition| {
        Outcome::Failed(conditions::say(
            super::objects::text(condition, "/reason"),
            super::objects::text(condition, "/message"),
        ))
    })
}

async fn failed(api: &Api, job: &Value, reason: &str) -> Error {
    let name = name(job);
    Error::Failed {
        what: format!("job {name}"),
        reason: reason.to_owned(),
        log: pods::last_lines(api, &format!("job-name={name}")).await,
    }
}
