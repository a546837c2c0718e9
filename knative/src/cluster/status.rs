//! How an application stands.

use serde::Serialize;
use serde_json::Value;

use super::Cluster;
use super::api::Api;
use super::conditions::{self, Condition};
use super::error::Result;
use super::kinds::{DEPLOYMENT, POD, Resource, SERVICE};
use super::objects::{array, name, text};
use super::own::list_ours;
use super::record::{Entry, Record};
use super::traffic::{self, Target};
use crate::labels::PART_OF;

/// An application in the cluster.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// Its name.
    pub app: String,
    /// Its namespace.
    pub namespace: String,
    /// The release that serves.
    pub release: Option<String>,
    /// Releases, from the oldest that is remembered to the newest.
    pub releases: Vec<Entry>,
    /// Its Knative services.
    pub services: Vec<ServiceStatus>,
    /// What brings events and ticks.
    pub deliveries: Vec<DeliveryStatus>,
}

/// A Knative service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// Whether it can be called.
    pub ready: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// Which revision gets how much.
    pub traffic: Vec<Target>,
    /// Pods that run; none when it is scaled to zero.
    pub pods: usize,
}

/// A Deployment or a source of Knative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryStatus {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether it works.
    pub ready: bool,
    /// Why not.
    pub reason: Option<String>,
}

impl Cluster {
    /// How `app` stands in `namespace`; without releases and services where it is not.
    ///
    /// # Errors
    /// Those of asking the cluster.
    pub async fn status(&self, app: &str, namespace: &str) -> Result<Status> {
        let api = self.api(namespace, &Default::default());
        let mut record = Record::read(&api, app).await?;
        // What is only there for going back tells people nothing.
        record.entries.iter_mut().for_each(|e| e.before.clear());
        let pods = api.list(&POD, &format!("{PART_OF}={app}")).await?;
        let services = list_ours(&api, &SERVICE, app).await?;
        let services = services.iter().map(|s| service(s, &pods)).collect();
        let mut deliveries = deliveries(&api, &DEPLOYMENT, "Available", app).await?;
        let catalog = super::catalog::Catalog::read(&api, None).await?;
        for kind in ["KafkaSource", "PingSource"] {
            if let Some(resource) = catalog.preferred("sources.knative.dev", kind) {
                deliveries.extend(self::deliveries(&api, resource, "Ready", app).await?);
            }
        }
        Ok(Status {
            app: app.to_owned(),
            namespace: namespace.to_owned(),
            release: record.serving().map(|entry| entry.release.clone()),
            releases: record.entries,
            services,
            deliveries,
        })
    }
}

fn service(object: &Value, pods: &[Value]) -> ServiceStatus {
    let (ready, reason) = standing(object, "Ready");
    let is_of = |pod: &&Value| {
        super::objects::label(pod, "serving.knative.dev/service") == name(object)
            && pod["status"]["phase"] == "Running"
    };
    ServiceStatus {
        name: name(object).to_owned(),
        ready,
        reason,
        url: object["status"]["url"].as_str().map(str::to_owned),
        traffic: array(object, "/status/traffic")
            .iter()
            .map(traffic::target)
            .collect(),
        pods: pods.iter().filter(is_of).count(),
    }
}

async fn deliveries(
    api: &Api,
    resource: &Resource,
    condition: &str,
    app: &str,
) -> Result<Vec<DeliveryStatus>> {
    let objects = list_ours(api, resource, app).await?;
    let status = |object: &Value| {
        let (ready, reason) = standing(object, condition);
        DeliveryStatus {
            kind: text(object, "/kind").to_owned(),
            name: name(object).to_owned(),
            ready,
            reason,
        }
    };
    Ok(objects.iter().map(status).collect())
}

fn standing(object: &Value, condition: &str) -> (bool, Option<String>) {
    match conditions::of(object, condition) {
        Condition::True => (true, None),
        Condition::Unknown(says) => (false, Some(says)),
        Condition::False { reason, message } => (false, Some(conditions::say(&reason, &message))),
    }
}
