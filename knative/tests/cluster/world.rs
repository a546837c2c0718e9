//! A cluster, a deployer with its Role, and what must hold whatever happened.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use spindrift_knative::Release;
use spindrift_knative::cluster::{
    Cluster, ClusterTarget, Error, Event, Options, Outcome, Progress, Timing, roles,
};
use spindrift_test_kube::{Controllers, Options as ServerOptions, Server};

use crate::releases::{APP, NAMESPACE, release};

pub(crate) const SERVICES: &str = "services.serving.knative.dev";
pub(crate) const REVISIONS: &str = "revisions.serving.knative.dev";

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) cluster: Cluster,
}

/// Short enough that a test waits for nothing.
pub(crate) fn timing() -> Timing {
    Timing {
        poll: Duration::from_millis(5),
        watch: Duration::from_millis(10),
        request: Duration::from_secs(5),
        retry: Duration::from_millis(2),
        lease: Duration::from_secs(2),
        settle: Duration::from_millis(600),
    }
}

impl World {
    /// A cluster in which all goes well, and which has the application's Secret.
    pub(crate) async fn new() -> Self {
        Self::with(Controllers::default()).await
    }

    pub(crate) async fn with(controllers: Controllers) -> Self {
        let world = Self::bare(controllers).await;
        world.server.put(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": { "name": "todo", "namespace": NAMESPACE },
            "data": { "database-url": "cG9zdGdyZXM6Ly8=" },
        }));
        world
    }

    /// Without the Secret.
    pub(crate) async fn bare(controllers: Controllers) -> Self {
        let options = ServerOptions {
            namespace: NAMESPACE.to_owned(),
            controllers,
            ..ServerOptions::default()
        };
        let server = Server::start(options).await.unwrap();
        server.bind(&role(), Some(NAMESPACE));
        let cluster = Cluster::connect(&target(&server), timing()).await.unwrap();
        Self { server, cluster }
    }

    /// A cluster where r1 serves.
    pub(crate) async fn serving() -> Self {
        let world = Self::new().await;
        world.deploy(&release("r1")).await.unwrap();
        world.assert_serves("r1");
        world
    }

    pub(crate) async fn deploy(&self, release: &Release) -> Result<Outcome, Error> {
        self.cluster.deploy(release, &Options::default(), &()).await
    }

    pub(crate) async fn deploy_telling(
        &self,
        release: &Release,
        progress: &dyn Progress,
    ) -> Result<Outcome, Error> {
        self.cluster
            .deploy(release, &Options::default(), progress)
            .await
    }

    pub(crate) fn get(&self, resource: &str, name: &str) -> Option<Value> {
        self.server.get(resource, NAMESPACE, name)
    }

    pub(crate) fn names(&self, resource: &str) -> Vec<String> {
        let objects = self.server.list(resource, NAMESPACE);
        let name = |object: &Value| object["metadata"]["name"].as_str().unwrap().to_owned();
        objects.iter().map(name).collect()
    }

    /// The entry that the record has of a release.
    pub(crate) fn entry(&self, release: &str) -> Option<Value> {
        let record = self.get("configmaps", "todo-releases")?;
        let text = record["data"][release].as_str()?;
        Some(serde_json::from_str(text).unwrap())
    }

    pub(crate) fn state(&self, release: &str) -> String {
        let entry = self.entry(release).unwrap_or_default();
        entry["state"].as_str().unwrap_or_default().to_owned()
    }

    /// The shares of a service's traffic, as Knative has them.
    pub(crate) fn traffic(&self, service: &str) -> Vec<(String, u64)> {
        let service = self.get(SERVICES, service).unwrap();
        let traffic = service["status"]["traffic"].as_array().unwrap().clone();
        let share = |target: &Value| {
            (
                target["revisionName"].as_str().unwrap().to_owned(),
                target["percent"].as_u64().unwrap(),
            )
        };
        traffic.iter().map(share).collect()
    }

    /// All traffic is on `release`, untagged, with its relay; nothing is left of any
    /// other; nobody holds the lease; and no call was outside the Role.
    #[track_caller]
    pub(crate) fn assert_serves(&self, release: &str) {
        for service in self.names(SERVICES) {
            let expected = vec![(format!("{service}-{release}"), 100)];
            assert_eq!(self.traffic(&service), expected, "traffic of {service}");
            let object = self.get(SERVICES, &service).unwrap();
            let specified = &object["spec"]["traffic"];
            assert!(
                specified[0]["tag"].is_null(),
                "{service} is tagged: {specified}"
            );
            let template = &object["spec"]["template"]["metadata"]["name"];
            assert_eq!(
                template,
                &format!("{service}-{release}"),
                "template of {service}"
            );
        }
        let relay = self.get("deployments.apps", "relay").unwrap();
        let pods = &relay["spec"]["template"]["metadata"]["labels"];
        assert_eq!(pods["spindrift.dev/release"], release, "the relay's pods");
        assert_eq!(self.state(release), "serving");
        self.assert_tidy();
    }

    /// Nobody holds the lease, no smoke test is left, and no call was outside the Role.
    #[track_caller]
    pub(crate) fn assert_tidy(&self) {
        assert_eq!(self.names("leases.coordination.k8s.io"), [""; 0], "leases");
        let jobs = self.names("jobs.batch");
        assert!(!jobs.iter().any(|job| job.contains("smoke")), "{jobs:?}");
        let forbidden = self.server.forbidden();
        assert!(forbidden.is_empty(), "outside the Role: {forbidden:?}");
    }

    /// r1 serves as if `other` had never been.
    #[track_caller]
    pub(crate) fn assert_nothing_of(&self, other: &str, kept: &Kept) {
        self.assert_serves("r1");
        let now = self.everything();
        let unexpected: Vec<_> = now
            .iter()
            .filter(|name| !kept.0.contains(name) && !name.contains(&format!("migrate-{other}")))
            .collect();
        assert!(unexpected.is_empty(), "left of {other}: {unexpected:?}");
        let missing: Vec<_> = kept.0.iter().filter(|name| !now.contains(name)).collect();
        assert!(missing.is_empty(), "gone with {other}: {missing:?}");
    }

    /// What is there, to compare with.
    pub(crate) fn keep(&self) -> Kept {
        Kept(self.everything())
    }

    fn everything(&self) -> Vec<String> {
        const RESOURCES: &[&str] = &[
            SERVICES,
            REVISIONS,
            "jobs.batch",
            "deployments.apps",
            "pingsources.sources.knative.dev",
            "httproutes.gateway.networking.k8s.io",
            "serviceaccounts",
            "networkpolicies.networking.k8s.io",
            "configmaps",
            "leases.coordination.k8s.io",
        ];
        let named = |resource: &&str| {
            let resource = (*resource).to_owned();
            self.names(&resource)
                .into_iter()
                .map(move |name| format!("{resource}/{name}"))
        };
        RESOURCES.iter().flat_map(named).collect()
    }
}

/// The names of what was there.
pub(crate) struct Kept(Vec<String>);

pub(crate) fn target(server: &Server) -> ClusterTarget {
    ClusterTarget {
        kubeconfig: Some(server.kubeconfig()),
        context: None,
    }
}

/// The Role in the application's namespace.
pub(crate) fn role() -> Value {
    roles(&release("r0"))[0].object(APP)
}

/// Remembers what it is told, and does something at certain moments.
pub(crate) struct Teller<'a> {
    heard: Mutex<Vec<Event>>,
    act: Box<dyn Fn(&Event) + Send + Sync + 'a>,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(act: impl Fn(&Event) + Send + Sync + 'a) -> Self {
        Self {
            heard: Mutex::default(),
            act: Box::new(act),
        }
    }

    pub(crate) fn heard(&self) -> Vec<Event> {
        self.heard.lock().unwrap().clone()
    }
}

impl Progress for Teller<'_> {
    fn event(&self, event: &Event) {
        self.heard.lock().unwrap().push(event.clone());
        (self.act)(event);
    }
}

/// Whether a step of that name begins.
pub(crate) fn begins(event: &Event, step: &str) -> bool {
    matches!(event, Event::Step { what } if what.starts_with(step))
}
