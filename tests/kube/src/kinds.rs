//! The kinds of objects that the server serves.

/// What an API server knows of a kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Empty for the core group.
    pub(crate) group: &'static str,
    /// Served versions, the one in which objects are stored first.
    pub(crate) versions: &'static [&'static str],
    pub(crate) kind: &'static str,
    /// The resource's name in paths.
    pub(crate) plural: &'static str,
    pub(crate) namespaced: bool,
    /// Whether the status is a resource of its own, which other writes leave alone.
    pub(crate) status: bool,
}

impl Kind {
    /// `deployments.apps`, as `kubectl` names it; `pods` in the core group.
    pub(crate) fn resource(&self) -> String {
        match self.group {
            "" => self.plural.to_owned(),
            group => format!("{}.{group}", self.plural),
        }
    }

    /// `apps/v1`.
    pub(crate) fn api_version(&self, version: &str) -> String {
        match self.group {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        }
    }

    /// What has parts of its own in the API, beside the status.
    pub(crate) fn subresources(&self) -> &'static [&'static str] {
        match (self.group, self.plural) {
            ("", "pods") => &["log", "proxy"],
            ("", "services") => &["proxy"],
            _ => &[],
        }
    }
}

/// The kind of a resource, at a version that is served.
pub(crate) fn of_resource(group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| {
        (kind.group, kind.plural) == (group, plural) && kind.versions.contains(&version)
    })
}

/// The kind of an object, by its `apiVersion` and `kind`.
pub(crate) fn of_object(api_version: &str, name: &str) -> Option<&'static Kind> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    KINDS
        .iter()
        .find(|kind| (kind.group, kind.kind) == (group, name) && kind.versions.contains(&version))
}

const fn kind(
    group: &'static str,
    versions: &'static [&'static str],
    kind: &'static str,
    plural: &'static str,
) -> Kind {
    Kind {
        group,
        versions,
        kind,
        plural,
        namespaced: true,
        status: true,
    }
}

impl Kind {
    const fn without_status(mut self) -> Self {
        self.status = false;
        self
    }

    const fn of_cluster(mut self) -> Self {
        self.namespaced = false;
        self
    }
}

const V1: &[&str] = &["v1"];
const RBAC: &str = "rbac.authorization.k8s.io";
const GATEWAY: &str = "gateway.networking.k8s.io";

/// Those that `tests/schemas` has schemas of.
pub(crate) const KINDS: &[Kind] = &[
    kind("", V1, "ConfigMap", "configmaps").without_status(),
    kind("", V1, "Event", "events").without_status(),
    kind("", V1, "LimitRange", "limitranges").without_status(),
    kind("", V1, "Namespace", "namespaces").of_cluster(),
    kind("", V1, "Pod", "pods"),
    kind("", V1, "ResourceQuota", "resourcequotas"),
    kind("", V1, "Secret", "secrets").without_status(),
    kind("", V1, "Service", "services"),
    kind("", V1, "ServiceAccount", "serviceaccounts").without_status(),
    kind("apps", V1, "Deployment", "deployments"),
    kind("apps", V1, "ReplicaSet", "replicasets"),
    kind("batch", V1, "CronJob", "cronjobs"),
    kind("batch", V1, "Job", "jobs"),
    kind("coordination.k8s.io", V1, "Lease", "leases").without_status(),
    kind("networking.k8s.io", V1, "NetworkPolicy", "networkpolicies").without_status(),
    kind("policy", V1, "PodDisruptionBudget", "poddisruptionbudgets"),
    kind(RBAC, V1, "ClusterRole", "clusterroles")
        .without_status()
        .of_cluster(),
    kind(RBAC, V1, "ClusterRoleBinding", "clusterrolebindings")
        .without_status()
        .of_cluster(),
    kind(RBAC, V1, "Role", "roles").without_status(),
    kind(RBAC, V1, "RoleBinding", "rolebindings").without_status(),
    kind("cert-manager.io", V1, "Certificate", "certificates"),
    kind("core.spinkube.dev", &["v1alpha1"], "SpinApp", "spinapps"),
    kind("dapr.io", &["v1alpha1"], "Component", "components").without_status(),
    kind("dapr.io", &["v1alpha1"], "Configuration", "configurations").without_status(),
    kind("dapr.io", &["v1alpha1"], "Resiliency", "resiliencies").without_status(),
    kind("dapr.io", &["v2alpha1"], "Subscription", "subscriptions").without_status(),
    kind("eventing.knative.dev", V1, "Broker", "brokers"),
    kind(
        "eventing.knative.dev",
        &["v1alpha1"],
        "KafkaSink",
        "kafkasinks",
    ),
    kind("eventing.knative.dev", V1, "Trigger", "triggers"),
    kind(GATEWAY, V1, "Gateway", "gateways"),
    kind(GATEWAY, V1, "HTTPRoute", "httproutes"),
    kind(
        GATEWAY,
        &["v1beta1", "v1"],
        "ReferenceGrant",
        "referencegrants",
    )
    .without_status(),
    kind("kafka.strimzi.io", V1, "KafkaTopic", "kafkatopics"),
    kind("kafka.strimzi.io", V1, "KafkaUser", "kafkausers"),
    kind("keda.sh", &["v1alpha1"], "ScaledObject", "scaledobjects"),
    kind("monitoring.coreos.com", V1, "PodMonitor", "podmonitors"),
    kind(
        "monitoring.coreos.com",
        V1,
        "ServiceMonitor",
        "servicemonitors",
    ),
    kind(
        "networking.internal.knative.dev",
        &["v1alpha1"],
        "ClusterDomainClaim",
        "clusterdomainclaims",
    )
    .without_status()
    .of_cluster(),
    kind("serving.knative.dev", V1, "Configuration", "configurations"),
    kind(
        "serving.knative.dev",
        &["v1beta1"],
        "DomainMapping",
        "domainmappings",
    ),
    kind("serving.knative.dev", V1, "Revision", "revisions"),
    kind("serving.knative.dev", V1, "Route", "routes"),
    kind("serving.knative.dev", V1, "Service", "services"),
    kind(
        "sources.knative.dev",
        &["v1beta1", "v1"],
        "KafkaSource",
        "kafkasources",
    ),
    kind("sources.knative.dev", V1, "PingSource", "pingsources"),
    kind("sources.knative.dev", V1, "SinkBinding", "sinkbindings"),
];
