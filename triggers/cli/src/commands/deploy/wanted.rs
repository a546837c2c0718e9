//! Which application, in which environment of which cluster.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use spindrift_knative::cluster::{Cluster, ClusterTarget, Timing};
use spindrift_knative::{Profile, Release};
use spindrift_manifest::App;

use crate::args::{ClusterArgs, DeployedArgs, EnvironmentArgs, ReleaseArgs, RuntimeKind};
use crate::commands::load;

/// Where profiles are, from the manifest's folder.
const PROFILES: &str = "knative/profiles";

/// An application that somebody else may have deployed.
pub(super) struct Deployed {
    /// Its name in the cluster.
    pub(super) app: String,
    pub(super) namespace: String,
}

/// The application and its environment, by name.
pub(super) fn deployed(args: &DeployedArgs) -> Result<Deployed> {
    let app = load(&args.app, false)?;
    let profile = profile(&app, &args.environment)?;
    Ok(Deployed {
        app: spindrift_knative::prefix(&app)?,
        namespace: profile.namespace,
    })
}

/// What is to be deployed.
pub(super) fn release(args: &ReleaseArgs) -> Result<Release> {
    let app = load(&args.app, false)?;
    let mut profile = profile(&app, &args.environment)?;
    if let Some(runtime) = args.runtime {
        profile.spin.enabled = runtime == RuntimeKind::Spin;
    }
    if let Some(artifact) = &args.artifact {
        profile.spin.artifact = Some(artifact.clone());
    }
    Ok(Release::new(&app, &profile, args.image.as_deref())?)
}

/// The environment. Its mistakes are told together with where it was looked for.
fn profile(app: &App, args: &EnvironmentArgs) -> Result<Profile> {
    let mut profile = match &args.profile {
        Some(name) => Profile::load(&path(app, name))?,
        None => {
            let text = format!("namespace = {:?}", spindrift_knative::prefix(app)?);
            Profile::parse(Path::new("no profile"), &text)?
        }
    };
    if let Some(namespace) = &args.namespace {
        profile.namespace.clone_from(namespace);
    }
    Ok(profile)
}

fn path(app: &App, name: &str) -> PathBuf {
    if name.contains('/') || name.contains(".toml") {
        return name.into();
    }
    app.root.join(PROFILES).join(format!("{name}.toml"))
}

/// The way to the cluster.
pub(super) async fn cluster(args: &ClusterArgs) -> Result<Cluster> {
    let target = ClusterTarget {
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
    };
    Cluster::connect(&target, Timing::default())
        .await
        .context("cannot reach the cluster")
}
