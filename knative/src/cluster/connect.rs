//! The way to a cluster.

use std::path::PathBuf;
use std::sync::Arc;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio_util::sync::CancellationToken;

use super::api::Api;
use super::error::{Error, Result};
use super::options::Timing;
use super::stop::Stop;

/// Which cluster is meant.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// A kubeconfig file. `None`: those that KUBECONFIG names, `~/.kube/config`, or the
    /// service account of the pod that this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// One of its contexts; `None` is the current one.
    pub context: Option<String>,
}

/// A cluster, and who is using it.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    url: Arc<str>,
    namespace: Arc<str>,
    pub(crate) holder: Arc<str>,
    timing: Arc<Timing>,
}

impl Cluster {
    /// Reads the configuration of `target` and asks the API server for its version.
    ///
    /// # Errors
    /// [`Error::Config`], [`Error::Unreachable`], [`Error::Unauthorized`].
    pub async fn connect(target: &Target, timing: Timing) -> Result<Self> {
        let mut config = config(target).await?;
        // Ours know what may be sent again, and end.
        config.default_retry = false;
        let url = config.cluster_url.to_string();
        let namespace = config.default_namespace.clone();
        let client = Client::try_from(config).map_err(|error| Error::Config(error.to_string()))?;
        let cluster = Self {
            client,
            url: url.into(),
            namespace: namespace.into(),
            holder: holder().into(),
            timing: Arc::new(timing),
        };
        let api = cluster.api("default", &CancellationToken::new());
        api.document("/version").await?;
        Ok(cluster)
    }

    /// The same cluster for somebody else: `name` stands in leases and records.
    #[must_use]
    pub fn held_by(&self, name: &str) -> Self {
        Self {
            holder: name.into(),
            ..self.clone()
        }
    }

    /// The namespace of the kubeconfig's context.
    pub fn default_namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn api(&self, namespace: &str, cancel: &CancellationToken) -> Api {
        Api::new(
            self.client.clone(),
            self.url.clone(),
            namespace,
            self.timing.clone(),
            Stop::new(cancel),
        )
    }
}

async fn config(target: &Target) -> Result<Config> {
    let options = KubeConfigOptions {
        context: target.context.clone(),
        ..KubeConfigOptions::default()
    };
    let config = match &target.kubeconfig {
        Some(path) => {
            let file = Kubeconfig::read_from(path).map_err(|error| config_error(&error))?;
            Config::from_custom_kubeconfig(file, &options)
                .await
                .map_err(|error| config_error(&error))?
        }
        None if target.context.is_some() => Config::from_kubeconfig(&options)
            .await
            .map_err(|error| config_error(&error))?,
        None => Config::infer()
            .await
            .map_err(|error| config_error(&error))?,
    };
    Ok(config)
}

fn config_error(error: &dyn std::error::Error) -> Error {
    Error::Config(error.to_string())
}

/// user@host/pid.
fn holder() -> String {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = variable("USER").or_else(|| variable("LOGNAME"));
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    format!(
        "{}@{host}/{}",
        user.as_deref().unwrap_or("somebody"),
        std::process::id()
    )
}
