//! An API server that a test controls: HTTP on loopback, objects in memory.

mod admission;
mod answer;
mod apply;
mod calls;
mod defaults;
mod discovery;
mod faults;
mod fields;
mod http;
mod managers;
mod pods;
mod rbac;
mod shape;
mod state;
mod target;
mod verbs;
mod view;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, thread};

use anyhow::{Context as _, Result};
use glob::Pattern;
use hyper::Response;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use calls::Call;
pub use faults::{Fault, Match};
pub use pods::Proxied;
pub(crate) use state::State;

use crate::controllers::{self, Controllers, Outcome};
use crate::kinds::{self, Kind};
use crate::selector::Selector;
use crate::store::meta;

/// What kind of cluster a test wants.
#[derive(Clone, Debug)]
pub struct Options {
    /// The version, such as `1.33`, whose kinds and fields are known.
    pub kubernetes: String,
    /// The namespace of the kubeconfig, which is there from the start.
    pub namespace: String,
    /// What the controllers do.
    pub controllers: Controllers,
}

/// Kubernetes 1.33, the namespace `default`, and controllers with which all goes well.
impl Default for Options {
    fn default() -> Self {
        Self {
            kubernetes: "1.33".to_owned(),
            namespace: "default".to_owned(),
            controllers: Controllers::default(),
        }
    }
}

/// A running server. Dropped, it ends; and panics when it was asked for something that it
/// does not know, as [`Server::finish`] does.
pub struct Server {
    state: Arc<State>,
    url: String,
    token: String,
    namespace: String,
    folder: TempDir,
    tasks: [JoinHandle<()>; 2],
    finished: bool,
}

impl Server {
    /// Starts one at a free port.
    ///
    /// # Errors
    /// There is no port, or no place for the kubeconfig.
    pub async fn start(options: Options) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let token = uuid::Uuid::new_v4().simple().to_string();
        let folder = tempfile::Builder::new()
            .prefix("spindrift-kube-")
            .tempdir()?;
        let state = Arc::new(State::new(&options.kubernetes, &token, options.controllers));
        let tasks = [
            tokio::spawn(http::serve(state.clone(), listener)),
            tokio::spawn(controllers::run(state.clone())),
        ];
        let server = Self {
            state,
            url,
            token,
            namespace: options.namespace,
            folder,
            tasks,
            finished: false,
        };
        for namespace in ["default", "kube-system", &server.namespace] {
            server.namespace(namespace);
        }
        server.write_kubeconfig()?;
        Ok(server)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a client has to send as a bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A file for `KUBECONFIG`.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// JSON, which is YAML too.
    fn write_kubeconfig(&self) -> Result<()> {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{ "name": "test", "cluster": { "server": self.url } }],
            "users": [{ "name": "deployer", "user": { "token": self.token } }],
            "contexts": [{ "name": "test", "context": {
                "cluster": "test", "user": "deployer", "namespace": self.namespace,
            }}],
        });
        let path = self.kubeconfig();
        fs::write(&path, config.to_string()).with_context(|| format!("{}", path.display()))
    }

    /// Makes a namespace, when it is not there.
    pub fn namespace(&self, name: &str) {
        let namespace =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        self.state.make(of(&namespace), namespace);
    }

    /// Puts an object there, as somebody else would, and unchecked.
    ///
    /// # Panics
    /// When its kind is unknown.
    pub fn put(&self, mut object: Value) {
        let kind = of(&object);
        defaults::fill(kind, &mut object);
        let mut store = self.state.store();
        store.put(kind, object);
        self.state.notify(&store);
    }

    /// An object, by its resource, such as `deployments.apps`.
    ///
    /// # Panics
    /// When there is no such resource.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let found = self.state.store().get(named(resource), namespace, name);
        found.map(|object| (*object).clone())
    }

    /// All objects of a resource: in a namespace, or in all where it is empty.
    ///
    /// # Panics
    /// When there is no such resource.
    pub fn list(&self, resource: &str, namespace: &str) -> Vec<Value> {
        let found = self
            .state
            .store()
            .list(named(resource), namespace, &Selector::default());
        found.iter().map(|object| (**object).clone()).collect()
    }

    /// Changes an object, as somebody else would, when it is there.
    ///
    /// # Panics
    /// When there is no such resource.
    pub fn edit(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) {
        self.state.edit(named(resource), namespace, name, change);
    }

    /// Deletes an object and what it owns, as somebody else would.
    ///
    /// # Panics
    /// When there is no such resource.
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) {
        let mut store = self.state.store();
        store.delete(named(resource), namespace, name, false);
        self.state.notify(&store);
    }

    /// This is not installed: a group (`sources.knative.dev`), a resource
    /// (`kafkasources.sources.knative.dev`) or a version of one
    /// (`kafkasources.v1.sources.knative.dev`).
    pub fn without(&self, what: &str) {
        self.state.told().absent.0.insert(what.to_owned());
    }

    /// Binds a Role or ClusterRole to the client: in a namespace, or everywhere. From the
    /// first one on, what no rule allows is refused and recorded.
    pub fn bind(&self, role: &Value, namespace: Option<&str>) {
        self.state.told().rules.bind(role, namespace);
    }

    /// Something goes wrong with certain calls. Of several faults that fit one call, all
    /// befall it, the earlier ones first.
    pub fn on(&self, calls: Match, fault: Fault) {
        self.state.told().faults.add(calls, fault);
    }

    /// All goes well again.
    pub fn heal(&self) {
        self.state.told().faults.clear();
    }

    /// Ends all watches that are open, as a real server does from time to time.
    pub fn end_watches(&self) {
        self.state.end_watches();
    }

    /// What becomes of what the controllers work on: see [`Controllers::on`]. It holds for
    /// what is there already, too.
    ///
    /// # Panics
    /// When the pattern is none.
    pub fn control(&self, pattern: &str, outcome: Outcome) {
        self.state
            .control(|controllers| controllers.on(pattern, outcome));
    }

    /// What a container writes, in all pods whose name fits the pattern (`*` is anything).
    ///
    /// # Panics
    /// When the pattern is none.
    pub fn log(&self, pods: &str, container: &str, text: &str) {
        let pods = Pattern::new(pods).expect("a pattern of names of pods");
        let said = (pods, container.to_owned(), text.to_owned());
        self.state.told().logs.push(said);
    }

    /// Who answers requests that go to pods and services through the server.
    pub fn proxy(&self, handler: impl Fn(Proxied) -> Response<String> + Send + Sync + 'static) {
        self.state.told().handler = Some(Arc::new(handler));
    }

    /// Every call so far, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        self.state.record().calls
    }

    /// The calls that no bound role allows.
    pub fn forbidden(&self) -> Vec<Call> {
        self.state.record().forbidden
    }

    /// Ends the server.
    ///
    /// # Panics
    /// When it was asked for something that it does not know.
    pub fn finish(mut self) {
        self.finished = true;
        self.assert_expected();
    }

    fn assert_expected(&self) {
        let unexpected = self.state.record().unexpected;
        assert!(unexpected.is_empty(), "unexpected calls: {unexpected:#?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        if !self.finished && !thread::panicking() {
            self.assert_expected();
        }
    }
}

/// The folder's path is what a failing test would want to know.
impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let folder: &Path = self.folder.path();
        formatter
            .debug_struct("Server")
            .field("url", &self.url)
            .field("folder", &folder)
            .finish_non_exhaustive()
    }
}

fn named(resource: &str) -> &'static Kind {
    let kind = kinds::KINDS.iter().find(|kind| kind.resource() == resource);
    kind.unwrap_or_else(|| panic!("there is no resource {resource}"))
}

fn of(object: &Value) -> &'static Kind {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    kinds::of_object(text("apiVersion"), text("kind"))
        .unwrap_or_else(|| panic!("unknown kind {} of {}", text("kind"), meta(object, "name")))
}
