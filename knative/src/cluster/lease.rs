//! One deployer at a time, by a Lease.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::access::lease_name;
use super::api::Api;
use super::error::{Error, Result};
use super::kinds::LEASE;
use super::objects::text;
use super::own::ours;

/// The right to change an application, renewed until released. Its loss ends the work
/// of the [`Api`] with which it was taken.
pub(crate) struct Held {
    api: Api,
    name: String,
    holder: String,
    renewal: JoinHandle<()>,
}

/// Takes the lease of `app` for `holder`, waiting for another one as long as `wait`.
pub(crate) async fn take(
    api: &Api,
    app: &str,
    holder: &str,
    wait: Option<Duration>,
) -> Result<Held> {
    let until = wait.map(|wait| Instant::now() + wait);
    let holder = unique(holder);
    loop {
        match attempt(api, app, &holder).await {
            Err(Error::Held { .. }) if until.is_some_and(|until| Instant::now() < until) => {
                api.pause(api.timing.poll).await?;
            }
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    let name = lease_name(app);
    let renewal = tokio::spawn(renew(
        api.with_stop(super::stop::Stop::default()),
        api.stop.clone(),
        name.clone(),
        holder.clone(),
    ));
    Ok(Held {
        api: api.clone(),
        name,
        holder,
        renewal,
    })
}

impl Held {
    /// Lets others in.
    pub(crate) async fn release(self) {
        self.renewal.abort();
        let api = self.api.with_stop(super::stop::Stop::default());
        // Whoever has taken it over keeps it; what cannot be deleted runs out.
        if let Ok(Some(lease)) = api.get(&LEASE, &self.name).await
            && text(&lease, "/spec/holderIdentity") == self.holder
        {
            let version = text(&lease, "/metadata/resourceVersion");
            if let Err(error) = api.delete(&LEASE, &self.name, Some(version)).await {
                tracing::debug!(%error, "the lease is left to run out");
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Two deployments of one process are two holders.
fn unique(holder: &str) -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    match COUNT.fetch_add(1, Ordering::Relaxed) {
        0 => holder.to_owned(),
        count => format!("{holder}.{count}"),
    }
}

/// Takes the lease when it is free, released or stale.
async fn attempt(api: &Api, app: &str, holder: &str) -> Result<()> {
    let name = lease_name(app);
    let Some(mut lease) = api.get(&LEASE, &name).await? else {
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": { "name": name, "namespace": &*api.namespace, "labels": ours(app) },
            "spec": spec(api, holder, 0),
        });
        return match api.create(&LEASE, &lease, false).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(Error::Held {
                holder: "somebody".to_owned(),
                since: api.now(),
            }),
            Err(error) => Err(error),
        };
    };
    let holding = text(&lease, "/spec/holderIdentity").to_owned();
    let since = instant(&lease, "/spec/acquireTime").unwrap_or_else(|| api.now());
    if !holding.is_empty() && !is_stale(&lease, api.now()) {
        return Err(Error::Held {
            holder: holding,
            since,
        });
    }
    let transitions = lease["spec"]["leaseTransitions"].as_i64().unwrap_or(0);
    lease["spec"] = spec(api, holder, transitions + 1);
    match api.replace(&LEASE, &lease).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Err(Error::Held {
            holder: "somebody".to_owned(),
            since: api.now(),
        }),
        Err(error) => Err(error),
    }
}

fn spec(api: &Api, holder: &str, transitions: i64) -> Value {
    json!({
        "holderIdentity": holder,
        "leaseDurationSeconds": api.timing.lease.as_secs().max(1),
        "acquireTime": micros(api.now()),
        "renewTime": micros(api.now()),
        "leaseTransitions": transitions,
    })
}

/// Whether whoever holds the lease has not renewed it for its duration.
fn is_stale(lease: &Value, now: DateTime<Utc>) -> bool {
    let seconds = lease["spec"]["leaseDurationSeconds"].as_i64().unwrap_or(0);
    instant(lease, "/spec/renewTime")
        .is_none_or(|renewed| now - renewed > TimeDelta::seconds(seconds))
}

fn instant(lease: &Value, pointer: &str) -> Option<DateTime<Utc>> {
    text(lease, pointer).parse().ok()
}

/// A `MicroTime` of the API.
fn micros(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Renews the lease until it is lost.
async fn renew(api: Api, stop: super::stop::Stop, name: String, holder: String) {
    let duration = api.timing.lease;
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(duration / 3).await;
        match renew_once(&api, &name, &holder).await {
            Ok(()) => renewed = Instant::now(),
            Err(Error::Held { holder: other, .. }) => {
                return stop.lose(&name, format!("{other} has taken it"));
            }
            Err(error) if renewed.elapsed() >= duration => {
                return stop.lose(&name, format!("it could not be renewed: {error}"));
            }
            Err(error) => tracing::debug!(%error, "the lease was not renewed"),
        }
    }
}

async fn renew_once(api: &Api, name: &str, holder: &str) -> Result<()> {
    let mut lease = api.get(&LEASE, name).await?.unwrap_or_default();
    let holding = text(&lease, "/spec/holderIdentity");
    if holding != holder {
        let holding = if holding.is_empty() {
            "somebody"
        } else {
            holding
        };
        return Err(Error::Held {
            holder: holding.to_owned(),
            since: api.now(),
        });
    }
    lease["spec"]["renewTime"] = micros(api.now()).into();
    api.replace(&LEASE, &lease).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_stale_when_it_was_not_renewed_for_its_duration() {
        let lease = json!({ "spec": {
            "leaseDurationSeconds": 30, "renewTime": "2026-01-01T00:00:00.000000Z",
        } });
        let at = |text: &str| text.parse().unwrap();
        assert!(!is_stale(&lease, at("2026-01-01T00:00:30Z")));
        assert!(is_stale(&lease, at("2026-01-01T00:00:31Z")));
        assert!(is_stale(&json!({ "spec": {} }), at("2026-01-01T00:00:00Z")));
    }
}
