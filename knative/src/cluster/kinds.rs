//! The kinds that the engine works with, and what it may do to each.

use std::borrow::Cow;

/// A kind of object, as the API serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// Empty for the core group.
    pub(crate) group: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) kind: Cow<'static, str>,
    /// The name in paths, such as `pods`.
    pub(crate) plural: Cow<'static, str>,
    pub(crate) namespaced: bool,
    /// Where its objects are, when that is not the application's namespace.
    pub(crate) elsewhere: Option<String>,
}

const fn resource(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
) -> Resource {
    Resource {
        group: Cow::Borrowed(group),
        version: Cow::Borrowed(version),
        kind: Cow::Borrowed(kind),
        plural: Cow::Borrowed(plural),
        namespaced: true,
        elsewhere: None,
    }
}

pub(crate) const POD: Resource = resource("", "v1", "Pod", "pods");
pub(crate) const SECRET: Resource = resource("", "v1", "Secret", "secrets");
pub(crate) const CONFIG_MAP: Resource = resource("", "v1", "ConfigMap", "configmaps");
pub(crate) const NAMESPACE: Resource = Resource {
    group: Cow::Borrowed(""),
    version: Cow::Borrowed("v1"),
    kind: Cow::Borrowed("Namespace"),
    plural: Cow::Borrowed("namespaces"),
    namespaced: false,
    elsewhere: None,
};
pub(crate) const LEASE: Resource = resource("coordination.k8s.io", "v1", "Lease", "leases");
pub(crate) const JOB: Resource = resource("batch", "v1", "Job", "jobs");
pub(crate) const DEPLOYMENT: Resource = resource("apps", "v1", "Deployment", "deployments");
pub(crate) const REPLICA_SET: Resource = resource("apps", "v1", "ReplicaSet", "replicasets");
pub(crate) const SERVICE: Resource = resource("serving.knative.dev", "v1", "Service", "services");
pub(crate) const REVISION: Resource =
    resource("serving.knative.dev", "v1", "Revision", "revisions");

impl Resource {
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of the collection, for an application in `namespace`.
    pub(crate) fn path(&self, namespace: &str) -> String {
        let namespace = self.elsewhere.as_deref().unwrap_or(namespace);
        let root = if self.group.is_empty() {
            "/api"
        } else {
            "/apis"
        };
        let within = if self.namespaced {
            format!("/namespaces/{namespace}")
        } else {
            String::new()
        };
        format!("{root}/{}{within}/{}", self.api_version(), self.plural)
    }

    /// How people name it: `jobs.batch`.
    pub(crate) fn full_name(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

/// What a release may consist of.
pub(crate) struct Known {
    pub(crate) group: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    /// What is done with objects that are ours and in no release any more.
    pub(crate) prune: Prune,
    /// The setting of a profile that does without the kind.
    pub(crate) remedy: Option<&'static str>,
}

/// What happens to objects that a release no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prune {
    /// They are deleted.
    Delete,
    /// They are told of: deleting them would lose data.
    Report,
}

const fn known(
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    remedy: Option<&'static str>,
) -> Known {
    Known {
        group,
        kind,
        plural,
        prune: Prune::Delete,
        remedy,
    }
}

const BUILTIN: Option<&str> = Some(
    "install Knative Eventing with its Kafka components, or do without by `delivery.mode = \"builtin\"`",
);
const SERVING: Option<&str> = Some("install Knative Serving");
const EDGE: Option<&str> =
    Some("install the Gateway API, or do without by `routing.mode = \"edge\"`");

/// Every kind, in the order in which pruning and deletion take them: what leads to
/// something goes before it. Migrations end by themselves; Secrets are nobody's here.
pub(crate) const KNOWN: &[Known] = &[
    known("gateway.networking.k8s.io", "HTTPRoute", "httproutes", EDGE),
    known(
        "serving.knative.dev",
        "DomainMapping",
        "domainmappings",
        SERVING,
    ),
    known(
        "cert-manager.io",
        "Certificate",
        "certificates",
        Some("install cert-manager, or do without by leaving out `routing.issuer`"),
    ),
    known(
        "sources.knative.dev",
        "KafkaSource",
        "kafkasources",
        BUILTIN,
    ),
    known("sources.knative.dev", "PingSource", "pingsources", BUILTIN),
    known("apps", "Deployment", "deployments", None),
    known("batch", "CronJob", "cronjobs", None),
    known("eventing.knative.dev", "KafkaSink", "kafkasinks", BUILTIN),
    known("serving.knative.dev", "Service", "services", SERVING),
    known(
        "monitoring.coreos.com",
        "PodMonitor",
        "podmonitors",
        Some("install the Prometheus operator, or do without by `monitoring.pod_monitor = false`"),
    ),
    known(
        "dapr.io",
        "Component",
        "components",
        Some("install Dapr, or do without by `dapr.enabled = false`"),
    ),
    known(
        "policy",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        None,
    ),
    known(
        "networking.k8s.io",
        "NetworkPolicy",
        "networkpolicies",
        None,
    ),
    known("", "ServiceAccount", "serviceaccounts", None),
    Known {
        prune: Prune::Report,
        ..known(
            "kafka.strimzi.io",
            "KafkaTopic",
            "kafkatopics",
            Some("install Strimzi, or do without by `kafka.topics = \"list\"`"),
        )
    },
];

/// Kinds whose versions are written alike, so that the one which is served will do.
/// KafkaSource: Knative up to 1.15 has `v1beta1` alone, later ones `v1` as well.
pub(crate) const INTERCHANGEABLE: &[(&str, &str)] = &[("sources.knative.dev", "KafkaSource")];
