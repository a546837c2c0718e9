//! Waiting for Knative: revisions that become ready, traffic that has moved.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::api::Api;
use super::conditions::{self, Condition};
use super::error::{Error, Result};
use super::kinds::{REVISION, SERVICE};
use super::pods;
use super::progress::{Event, Progress, ServiceState};
use super::traffic::{self, Target};

/// A revision that waits for a node may get one.
const PASSING: &[&str] = &["Unschedulable", "NoTraffic"];

/// The revision that a release has of a service.
pub(crate) fn revision_name(service: &str, release: &str) -> String {
    format!("{service}-{release}")
}

/// Waits until the revisions of `release` are ready, of all `services`. Ends at the
/// first that will not become so.
pub(crate) async fn revisions(
    api: &Api,
    services: &[&str],
    release: &str,
    until: Instant,
    progress: &dyn Progress,
) -> Result<()> {
    let started = Instant::now();
    let mut waiting: BTreeMap<&str, String> = services
        .iter()
        .map(|service| (*service, String::new()))
        .collect();
    loop {
        let mut still = BTreeMap::new();
        for (service, said) in waiting {
            let state = look(api, service, &revision_name(service, release)).await?;
            match &state {
                ServiceState::Ready => tell(progress, service, &state),
                ServiceState::Waiting(says) => {
                    if *says != said {
                        tell(progress, service, &state);
                    }
                    still.insert(service, says.clone());
                }
                ServiceState::Failed(why) => {
                    tell(progress, service, &state);
                    return Err(failed(api, service, release, why.clone()).await);
                }
            }
        }
        let Some((service, said)) = still.first_key_value() else {
            return Ok(());
        };
        if Instant::now() >= until {
            let waited = started.elapsed().as_secs();
            let reason = format!("not ready within {waited} s: {said}");
            tell(progress, service, &ServiceState::Failed(reason.clone()));
            return Err(failed(api, service, release, reason).await);
        }
        api.pause(api.timing.poll).await?;
        waiting = still;
    }
}

fn tell(progress: &dyn Progress, service: &str, state: &ServiceState) {
    progress.event(&Event::Service {
        name: service.to_owned(),
        state: state.clone(),
    });
}

async fn failed(api: &Api, service: &str, release: &str, reason: String) -> Error {
    let revision = revision_name(service, release);
    let selector = format!("serving.knative.dev/revision={revision}");
    Error::Failed {
        what: format!("service {service}"),
        reason,
        log: pods::last_lines(api, &selector).await,
    }
}

async fn look(api: &Api, service: &str, revision: &str) -> Result<ServiceState> {
    if let Some(object) = api.get(&REVISION, revision).await? {
        return Ok(match conditions::of(&object, "Ready") {
            Condition::True => ServiceState::Ready,
            Condition::Unknown(says) => ServiceState::Waiting(says),
            Condition::False { reason, message } if PASSING.contains(&reason.as_str()) => {
                ServiceState::Waiting(conditions::say(&reason, &message))
            }
            Condition::False { reason, message } => {
                ServiceState::Failed(conditions::say(&reason, &message))
            }
        });
    }
    let Some(object) = api.get(&SERVICE, service).await? else {
        let why = "somebody deleted it meanwhile";
        return Ok(ServiceState::Failed(why.to_owned()));
    };
    Ok(match conditions::of(&object, "ConfigurationsReady") {
        Condition::False { reason, message } => {
            ServiceState::Failed(conditions::say(&reason, &message))
        }
        Condition::Unknown(says) => ServiceState::Waiting(says),
        Condition::True => ServiceState::Waiting("its revision is not there yet".to_owned()),
    })
}

/// Waits until services are ready with this traffic.
pub(crate) async fn traffic(
    api: &Api,
    services: &BTreeMap<String, Vec<Target>>,
    until: Instant,
) -> Result<()> {
    let started = Instant::now();
    for (service, targets) in services {
        loop {
            let Some(object) = api.get(&SERVICE, service).await? else {
                return Err(Error::Failed {
                    what: format!("service {service}"),
                    reason: "somebody deleted it meanwhile".to_owned(),
                    log: Vec::new(),
                });
            };
            let ready = conditions::of(&object, "Ready");
            if ready == Condition::True && traffic::is_at(&object, targets) {
                break;
            }
            if Instant::now() >= until {
                let last = match ready {
                    Condition::True => "its traffic is still elsewhere".to_owned(),
                    Condition::Unknown(says) => says,
                    Condition::False { reason, message } => conditions::say(&reason, &message),
                };
                return Err(Error::Timeout {
                    what: format!("service {service} did not take its traffic"),
                    after: started.elapsed(),
                    last,
                });
            }
            api.pause(api.timing.poll).await?;
        }
    }
    Ok(())
}
