//! `spindrift deploy`, and everything else about a cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{AppArgs, duration};

/// Which environment.
#[derive(Args, Debug, Default)]
pub(crate) struct EnvironmentArgs {
    /// The environment: a file, or the name of one in knative/profiles beside the manifest. Without
    /// one, every key has its default, and the namespace is the application's name.
    #[arg(short, long, value_name = "PROFILE", env = "SPINDRIFT_PROFILE")]
    pub(crate) profile: Option<String>,
    /// The namespace [default: the profile's].
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// Which release of it.
#[derive(Args, Debug, Default)]
pub(crate) struct ReleaseArgs {
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
    /// The image that every pod runs, best by digest [default: the profile's].
    #[arg(short, long, value_name = "REFERENCE", env = "SPINDRIFT_IMAGE")]
    pub(crate) image: Option<String>,
    /// What runs the functions: this program, or stock Spin [default: the profile's].
    #[arg(long, value_enum)]
    pub(crate) runtime: Option<RuntimeKind>,
    /// What stock Spin runs: the artifact that `spindrift build --format spin` pushed
    /// [default: the profile's].
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) artifact: Option<String>,
}

/// What runs the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuntimeKind {
    /// This program.
    Spindrift,
    /// Stock Spin.
    Spin,
}

/// Which cluster.
#[derive(Args, Debug, Default)]
pub(crate) struct ClusterArgs {
    /// How the cluster is reached [default: KUBECONFIG, ~/.kube/config, or the pod's own account].
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig [default: the current one].
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// How results are written.
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) output: OutputForm,
}

/// What a result looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON value, or one a line where things happen one by one.
    Json,
}

/// An application that somebody may have deployed.
#[derive(Args, Debug, Default)]
pub(crate) struct DeployedArgs {
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// How commands that change a cluster behave.
#[derive(Args, Debug, Default)]
pub(crate) struct ChangeArgs {
    /// Wait so long for another deployment to end, such as 10m, instead of refusing.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
    /// Overwrite what others changed, and what a check would refuse.
    #[arg(long)]
    pub(crate) force: bool,
}

/// `spindrift deploy`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift deploy --profile production --image registry.example.com/todo@sha256:...
  spindrift deploy --profile staging --build --image registry.example.com/todo:main
  spindrift deploy --profile production --dry-run       check everything, change nothing
  spindrift deploy --profile production --no-traffic    stop before traffic moves
  spindrift promote --profile production                and move it

Checks the cluster, migrates the database, starts the new revisions without traffic, asks them
whether they are well, and moves traffic in the profile's steps. When anything fails, or on Ctrl-C,
traffic goes back to what it was, and the command says which function failed and why. Interrupted
altogether, run it again: it continues, or takes back what was begun.")]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// Build the application and push its image first, as `spindrift build --image` does, and
    /// deploy it by its digest.
    #[arg(long, requires = "image")]
    pub(crate) build: bool,
    /// A registry, HOST[:PORT], that --build speaks to without TLS; can be given several times.
    #[arg(long, value_name = "HOST", requires = "build")]
    pub(crate) insecure_registry: Vec<String>,
    /// Stop when the release is ready and well: `spindrift promote` gives it the traffic.
    #[arg(long)]
    pub(crate) no_traffic: bool,
    /// Make the namespace if it is not there.
    #[arg(long)]
    pub(crate) create_namespace: bool,
    /// Check everything that can be checked, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// `spindrift render`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift render --profile staging                          everything, as one stream
  spindrift render --profile staging --format kustomize --to deploy/staging
  spindrift render --profile staging --format helm --to chart
  spindrift render --profile staging --role                   what a deployer has to be allowed
  spindrift render --reference > docs/profiles.md             every key of a profile

The same application with the same profile gives the same files. No cluster is asked.")]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,
    /// The form.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: RenderFormat,
    /// The folder to write to, one file an object [default: one stream on standard output].
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    /// Write the Role of a deployer instead.
    #[arg(long, conflicts_with_all = ["to", "reference", "topics"])]
    pub(crate) role: bool,
    /// List the topics that have to be at the brokers instead.
    #[arg(long, conflicts_with_all = ["to", "reference"])]
    pub(crate) topics: bool,
    /// Write the reference of profiles instead.
    #[arg(long, conflicts_with = "to")]
    pub(crate) reference: bool,
}

/// The form of what is rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RenderFormat {
    /// The objects.
    #[default]
    Yaml,
    /// And a kustomization.yaml that lists them.
    Kustomize,
    /// A chart.
    Helm,
}

/// `spindrift diff`
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  spindrift diff --profile production

Exits with 0 when the cluster is as this application and profile have it, with 1 when not.")]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// `spindrift promote`
#[derive(Args, Debug)]
pub(crate) struct PromoteArgs {
    #[command(flatten)]
    pub(crate) release: ReleaseArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

/// `spindrift status`
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) deployed: DeployedArgs,
}

/// `spindrift logs`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift logs --profile production tasks auth
  spindrift logs --profile production --follow --since 10m")]
pub(crate) struct LogsArgs {
    /// Of these services alone.
    pub(crate) services: Vec<String>,
    /// Go on with what is to come.
    #[arg(long)]
    pub(crate) follow: bool,
    /// Not older than this, such as 10m.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) since: Option<Duration>,
    /// So many lines of each pod.
    #[arg(long, value_name = "COUNT")]
    pub(crate) tail: Option<u32>,
    #[command(flatten)]
    pub(crate) deployed: DeployedArgs,
}

/// `spindrift rollback`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift rollback --profile production               to the release that served before
  spindrift rollback --profile production --to r4f2c91ab

Traffic of all services goes back at once. It is refused when a migration has removed since then
what the earlier release needs; --force goes back nevertheless.")]
pub(crate) struct RollbackArgs {
    /// The release to go back to; `spindrift status` lists them.
    #[arg(long, value_name = "RELEASE")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) deployed: DeployedArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

/// `spindrift delete`
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  spindrift delete --profile staging --dry-run

Removes what `spindrift deploy` made. Secrets, the namespace, topics and the database stay.")]
pub(crate) struct DeleteArgs {
    /// Say what would go, and leave it.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) deployed: DeployedArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for text in ["", "30", "s", "1d", "-1s", "1.5m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
