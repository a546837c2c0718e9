//! A namespace with a database, and the program that deploys to it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use k8s_openapi::api::core::v1::{Namespace, Pod, PodStatus, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Client;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, PostParams,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use spindrift_tests::{Database, program, scratch, tokens, within, workspace};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

/// Long enough for a first start of everything on two processors.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

pub(crate) struct World {
    pub(crate) namespace: String,
    pub(crate) database: Database,
    client: Client,
    folder: TempDir,
    http: reqwest::Client,
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: see tests/cluster/main.rs"))
}

/// What a deployment printed, and whether it went well.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    /// A new namespace, with the Secret that the profile names.
    pub(crate) async fn new() -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let namespace = format!(
            "t{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let client = Client::try_default().await?;
        let database = Database::new().await?;
        let address = forward(&database.host).await?;
        let world = Self {
            http: spindrift_tests::client(),
            folder: scratch()?,
            namespace,
            database,
            client,
        };
        let meta = |name: &str| ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        };
        let namespaces: Api<Namespace> = Api::all(world.client.clone());
        let space = Namespace {
            metadata: meta(&world.namespace),
            ..Namespace::default()
        };
        namespaces.create(&PostParams::default(), &space).await?;
        let there = |url: &str| url.replace(&world.database.host, &address);
        let values = [
            ("app-database-url", there(&world.database.app_url)),
            ("worker-database-url", there(&world.database.worker_url)),
            ("owner-database-url", there(&world.database.superuser_url)),
            ("jwt-key", tokens::SEED.to_owned()),
        ];
        let secret = Secret {
            metadata: meta("todo"),
            string_data: Some(values.map(|(name, value)| (name.to_owned(), value)).into()),
            ..Secret::default()
        };
        let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
        secrets.create(&PostParams::default(), &secret).await?;
        world.profile("todo", &profile(&world.namespace, &address))?;
        Ok(world)
    }

    /// Writes a profile, by its name.
    pub(crate) fn profile(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.path(&format!("{name}.toml")), text)?)
    }

    /// The text of a profile that was written.
    pub(crate) fn profile_text(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.path(&format!("{name}.toml")))?)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command of `spindrift` on the todo application with a profile.
    pub(crate) async fn run(&self, command: &str, profile: &str, more: &[&str]) -> Result<Ran> {
        self.run_on(&workspace(), command, profile, more).await
    }

    /// The same on another application.
    pub(crate) async fn run_on(
        &self,
        app: &Path,
        command: &str,
        profile: &str,
        more: &[&str],
    ) -> Result<Ran> {
        let output = self
            .command(app, command, profile)?
            .args(more)
            .output()
            .await?;
        Ok(Ran {
            ok: output.status.success(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// The command, to be started.
    pub(crate) fn command(&self, app: &Path, command: &str, profile: &str) -> Result<Command> {
        let mut run = Command::new(program()?);
        run.arg(command).arg("--from").arg(app);
        run.arg("--profile")
            .arg(self.path(&format!("{profile}.toml")));
        if matches!(command, "deploy" | "diff" | "promote" | "render") {
            run.args(["--image", &variable("CLUSTER_IMAGE")?]);
        }
        run.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(run)
    }

    /// Deploys the todo application, which has to succeed.
    pub(crate) async fn deploy(&self) -> Result<String> {
        self.deployed("todo", &[]).await
    }

    /// Deploys with a profile and flags, which has to succeed. Answers the release.
    pub(crate) async fn deployed(&self, profile: &str, more: &[&str]) -> Result<String> {
        let ran = self.run("deploy", profile, more).await?;
        if !ran.ok {
            bail!("the deployment failed:\n{}{}", ran.out, ran.err);
        }
        let status = self.status().await?;
        Ok(status["release"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) async fn status(&self) -> Result<Value> {
        let ran = self.run("status", "todo", &["--output", "json"]).await?;
        serde_json::from_str(&ran.out)
            .with_context(|| format!("status said:\n{}{}", ran.out, ran.err))
    }

    /// The host under which a service answers outside.
    pub(crate) async fn host(&self, service: &str) -> Result<String> {
        let status = self.status().await?;
        let services = status["services"].as_array().context("no services")?;
        let service = services.iter().find(|one| one["name"] == service);
        let url = service
            .and_then(|one| one["url"].as_str())
            .context("no URL")?;
        Ok(url.trim_start_matches("http://").to_owned())
    }

    /// A request to a host of the cluster.
    pub(crate) async fn ask(
        &self,
        host: &str,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Result<(StatusCode, Value)> {
        self.send(
            &variable("CLUSTER_GATEWAY")?,
            host,
            method,
            path,
            token,
            body,
        )
        .await
    }

    /// A request to a service by its name inside of the cluster.
    pub(crate) async fn ask_inside(
        &self,
        host: &str,
        method: Method,
        path: &str,
    ) -> Result<(StatusCode, Value)> {
        self.send(
            &variable("CLUSTER_GATEWAY_INSIDE")?,
            host,
            method,
            path,
            "",
            Value::Null,
        )
        .await
    }

    async fn send(
        &self,
        gateway: &str,
        host: &str,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Result<(StatusCode, Value)> {
        let url = format!("{gateway}{path}");
        let mut request = self.http.request(method, url).header("host", host);
        request = request.timeout(Duration::from_secs(60));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        Ok((
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ))
    }

    /// Signs somebody up. Answers a token.
    pub(crate) async fn sign_up(&self, host: &str) -> Result<String> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let email = format!(
            "person{}@example.com",
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let person =
            json!({ "email": email, "password": "a long enough secret", "transport": "token" });
        let (status, answer) = self
            .ask(host, Method::POST, "/api/auth/signup", "", person)
            .await?;
        let token = answer["access_token"].as_str();
        Ok(token
            .with_context(|| format!("sign-up answered {status}: {answer}"))?
            .to_owned())
    }

    /// The pods of a service, those on their way out included: they may still answer.
    pub(crate) async fn pods(&self, service: &str) -> Result<Vec<Pod>> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let selector = format!("serving.knative.dev/service={service}");
        let list = pods.list(&ListParams::default().labels(&selector)).await?;
        Ok(list.items)
    }

    /// Waits until a service has as many pods as `enough` likes.
    pub(crate) async fn pods_are(
        &self,
        service: &str,
        enough: impl Fn(usize) -> bool,
    ) -> Result<Duration> {
        let began = Instant::now();
        within(PATIENCE, &format!("the pods of {service}"), async || {
            let pods = self.pods(service).await.ok()?;
            enough(pods.len()).then_some(())
        })
        .await?;
        Ok(began.elapsed())
    }

    /// A service of an image that answers, and does nothing else.
    pub(crate) async fn empty(&self, image: &str) -> Result<()> {
        let kind = ApiResource::from_gvk_with_plural(
            &GroupVersionKind::gvk("serving.knative.dev", "v1", "Service"),
            "services",
        );
        let services: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), &self.namespace, &kind);
        let service = DynamicObject::new("empty", &kind).data(json!({ "spec": { "template": {
            "metadata": { "annotations": { "autoscaling.knative.dev/window": "6s" } },
            "spec": { "containers": [{ "image": image }] },
        } } }));
        services.create(&PostParams::default(), &service).await?;
        within(PATIENCE, "the empty service", async || {
            let service = services.get("empty").await.ok()?;
            let conditions = service.data["status"]["conditions"].as_array()?.clone();
            conditions
                .iter()
                .any(|one| one["type"] == "Ready" && one["status"] == "True")
                .then_some(())
        })
        .await
    }

    /// Removes the application, waits until its pods are gone, and has the namespace go
    /// with what else is in it: that takes Kubernetes minutes, for which nobody waits.
    pub(crate) async fn end(self) -> Result<()> {
        self.run("delete", "todo", &["--yes"]).await?;
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        within(PATIENCE, "the pods to go", async || {
            let list = pods.list(&ListParams::default()).await.ok()?;
            let running = |pod: &Pod| pod.status.as_ref().is_some_and(is_running);
            (!list.items.iter().any(running)).then_some(())
        })
        .await?;
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let name = &self.namespace;
        namespaces.delete(name, &DeleteParams::default()).await?;
        Ok(())
    }
}

fn is_running(status: &PodStatus) -> bool {
    status.phase.as_deref() == Some("Running")
}

/// Has `host` answer where pods reach it, too. Ends with this process.
async fn forward(host: &str) -> Result<String> {
    let listener = TcpListener::bind((variable("CLUSTER_ADDRESS")?, 0)).await?;
    let address = listener.local_addr()?.to_string();
    let host = host.to_owned();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let host = host.clone();
            tokio::spawn(async move {
                // Whoever breaks off comes again.
                if let Ok(mut to) = TcpStream::connect(host).await {
                    _ = copy_bidirectional(&mut from, &mut to).await;
                }
            });
        }
    });
    Ok(address)
}

/// A profile for a small node whose pods come and go while one looks.
fn profile(namespace: &str, database: &str) -> String {
    let port = database.rsplit_once(':').map_or("5432", |(_, port)| port);
    format!(
        r#"
namespace = "{namespace}"

[defaults]
scale = {{ window = "6s", max = 8 }}
resources = {{ cpu = "10m", memory = "48Mi" }}

[services.edge]
scale = {{ min = 1 }}

[services.health]
smoke = ["/health"]

[services.docs]
smoke = ["/api/openapi.json"]

[sidecar]
cpu_thousandths = 5
memory_mib = 16

[variables]
app_database_url = {{ secret = "todo", key = "app-database-url" }}
worker_database_url = {{ secret = "todo", key = "worker-database-url" }}
database_host = "{database}"
jwt_key = {{ secret = "todo", key = "jwt-key" }}

[database]
direct_url = {{ secret = "todo", key = "worker-database-url" }}
owner_url = {{ secret = "todo", key = "owner-database-url" }}
port = {port}

[delivery]
resources = {{ cpu = "10m", memory = "48Mi" }}

[release]
steps = [50]
hold = "3s"
timeout = "4m"
"#
    )
}
