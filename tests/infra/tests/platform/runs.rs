//! The scripts, run with an environment of their own, and where they would do something,
//! with programs that only write down how they were called.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, ensure};
use toml_edit::DocumentMut;

use crate::source::paths;
use spindrift_test_infra::{repository, text};

/// What a script printed, and whether it succeeded.
pub(crate) struct Run {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            success: output.status.success(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A value for every variable of `infra/lib/variables.toml`, of the form that it wants.
pub(crate) fn variables() -> BTreeMap<&'static str, String> {
    let token = format!("dop_v1_{}", "a1".repeat(32));
    BTreeMap::from([
        (
            "APP_DATABASE_URL",
            "postgres://spindrift_app:app-secret@db/todo".to_owned(),
        ),
        ("BACKUP_ACCESS_KEY_ID", "BACKUPKEY00000000000".to_owned()),
        ("BACKUP_RECIPIENT", "age1".to_owned() + &"q".repeat(58)),
        ("BACKUP_SECRET_ACCESS_KEY", "backupSecr".repeat(4) + "abc"),
        ("BUCKET_PREFIX", "acme-todo".to_owned()),
        (
            "DATABASE_URL",
            "postgres://owner:pooled-secret@db/todo".to_owned(),
        ),
        ("DIGITALOCEAN_ACCESS_TOKEN", token.clone()),
        (
            "DIRECT_DATABASE_URL",
            "postgres://owner:direct-secret@db/todo".to_owned(),
        ),
        ("DNS_TOKEN", token),
        ("DOMAIN", "acme.org".to_owned()),
        (
            "GRAFANA_ADMIN_PASSWORD",
            "grafana-secret-of-24-chars".to_owned(),
        ),
        ("JWT_KEY", "jwtSecret".repeat(4) + "jwtSecr"),
        (
            "KAFKA_CA",
            "-----BEGIN CERTIFICATE-----\nca-secret".to_owned(),
        ),
        ("KAFKA_PASSWORD", "kafka-secret".to_owned()),
        ("KAFKA_USERNAME", "kafka-user".to_owned()),
        ("LOGS_ACCESS_KEY_ID", "LOGSKEY0000000000000".to_owned()),
        ("LOGS_BUCKET", "acme-logs".to_owned()),
        ("LOGS_REGION", "fra1".to_owned()),
        ("LOGS_SECRET_ACCESS_KEY", "logsSecret".repeat(4) + "abc"),
        ("MCP_AUTHORIZATION", "Bearer mcp-secret".to_owned()),
        ("MODEL_API_KEY", "model-secret".to_owned()),
        ("OPERATOR_EMAIL", "ops@acme.org".to_owned()),
        (
            "OWNER_DATABASE_URL",
            "postgres://owner:owner-secret@db/todo".to_owned(),
        ),
        ("PAGERDUTY_ROUTING_KEY", "pagerdutySecret0".repeat(2)),
        (
            "REDPANDA_SUPERUSER",
            "todo:redpanda-secret-24-chars:SCRAM-SHA-512".to_owned(),
        ),
        ("REGISTRY_NAME", "acme".to_owned()),
        ("REPOSITORY_URL", "https://github.com/acme/todo".to_owned()),
        (
            "SLACK_WEBHOOK_URL",
            "https://hooks.slack.com/services/T0/B0/slackSecret".to_owned(),
        ),
        ("SPACES_ACCESS_KEY_ID", "SPACESKEY00000000000".to_owned()),
        ("SPACES_SECRET_ACCESS_KEY", "spacesSecr".repeat(4) + "abc"),
        ("STATE_BUCKET", "acme-state".to_owned()),
        (
            "STATE_ENDPOINT",
            "https://fra1.digitaloceanspaces.com".to_owned(),
        ),
        (
            "WORKER_DATABASE_URL",
            "postgres://spindrift_worker:worker-secret@db/todo".to_owned(),
        ),
    ])
}

/// Runs a script of the repository with these variables, and no others.
pub(crate) fn run(
    arguments: &[&str],
    variables: &BTreeMap<&'static str, String>,
    tools: Option<&Tools>,
) -> anyhow::Result<Run> {
    run_in(&repository().canonicalize()?, arguments, variables, tools)
}

/// The same of a copy of the repository.
pub(crate) fn run_in(
    root: &Path,
    arguments: &[&str],
    variables: &BTreeMap<&'static str, String>,
    tools: Option<&Tools>,
) -> anyhow::Result<Run> {
    let (script, rest) = arguments.split_first().context("no script")?;
    let path = std::env::var("PATH").unwrap_or_default();
    let path = match tools {
        Some(tools) => format!("{}:{path}", tools.folder.display()),
        None => path,
    };
    let output = Command::new(root.join(script))
        .args(rest)
        .env_clear()
        .envs(variables)
        .env("PATH", path)
        .output()
        .with_context(|| format!("cannot run {script}"))?;
    Ok(output.into())
}

/// What DigitalOcean made up, in the stories that the tools tell.
pub(crate) const MADE_UP: [&str; 2] = [
    "AVNS_database-secret",
    "spacesSecretOfFortyThreeCharacters000000000",
];

/// Programs that write down their arguments and what they are given, and answer as the real
/// ones would.
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// A program whose arguments have `failing` in them fails.
    pub(crate) fn new(name: &str, failing: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("platform-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let tools = Self { folder };
        for tool in ["kubectl", "helm", "terraform", "doctl", "make", "curl"] {
            tools.write(tool, failing)?;
        }
        Ok(tools)
    }

    fn write(&self, tool: &str, failing: &str) -> anyhow::Result<()> {
        let log = self.folder.display();
        let [password, key] = MADE_UP;
        let fails = match failing {
            "" => String::new(),
            _ => format!("case \"$*\" in *'{failing}'*) exit 1 ;; esac"),
        };
        executable(
            &self.folder.join(tool),
            &format!(
                r#"#!/bin/sh
echo "{tool} $*" >>'{log}/arguments'
{fails}
case "{tool} $*" in
*' -f -') cat >>'{log}/objects'; echo --- >>'{log}/objects' ;;
'kubectl get secret logs '* | 'kubectl get secret todo-backup '*) ;;
'kubectl get secret '*) printf Y29waWVk ;;
'kubectl get '*) printf 203.0.113.7 ;;
*'output -raw cluster_name') printf the-cluster ;;
*'output -raw registry') printf registry.digitalocean.com/acme ;;
*'output -raw database_host') printf db.acme.internal:25060 ;;
*'output -raw '*) printf an-id ;;
'doctl databases user get '*) echo '{password}' ;;
'doctl spaces keys create '*) printf '[{{\n "access_key": "DO000000000000000000",\n "secret_key": "{key}"\n}}]' ;;
'doctl registry kubernetes-manifest '*) echo 'kind: Secret' ;;
esac
"#
            ),
        )
    }

    /// How they were called, one a line.
    pub(crate) fn arguments(&self) -> String {
        fs::read_to_string(self.folder.join("arguments")).unwrap_or_default()
    }

    /// What kubectl was given to apply.
    pub(crate) fn objects(&self) -> String {
        fs::read_to_string(self.folder.join("objects")).unwrap_or_default()
    }

    /// A copy of what `infra/up` reads, with a program that writes into the same log.
    pub(crate) fn copy(&self) -> anyhow::Result<PathBuf> {
        let (from, to) = (repository().canonicalize()?, self.folder.join("repository"));
        for path in paths("infra/**/*")?
            .into_iter()
            .chain(paths("knative/profiles/*")?)
        {
            if from.join(&path).is_file() {
                let target = to.join(&path);
                fs::create_dir_all(target.parent().context("no folder")?)?;
                fs::copy(from.join(&path), target)?;
            }
        }
        fs::copy(from.join("spin.toml"), to.join("spin.toml"))?;
        fs::create_dir_all(to.join("target/dist"))?;
        let log = self.folder.display();
        executable(
            &to.join("target/dist/spindrift"),
            &format!(
                "#!/bin/sh\necho \"spindrift $*\" >>'{log}/arguments'\n\
                 case $1 in build) echo registry.digitalocean.com/acme/todo@sha256:0a1b ;; esac\n"
            ),
        )?;
        Ok(to)
    }
}

fn executable(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text)?;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o755),
    )?)
}

impl Drop for Tools {
    fn drop(&mut self) {
        // What is left is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The values that no output may have.
pub(crate) fn secrets() -> Vec<String> {
    let public = [
        "BACKUP_RECIPIENT",
        "BUCKET_PREFIX",
        "DOMAIN",
        "KAFKA_USERNAME",
        "LOGS_BUCKET",
        "LOGS_REGION",
        "OPERATOR_EMAIL",
        "REGISTRY_NAME",
        "REPOSITORY_URL",
        "STATE_BUCKET",
        "STATE_ENDPOINT",
    ];
    let secret = variables()
        .into_iter()
        .filter(|(name, _)| !public.contains(name));
    secret.map(|(_, value)| value).collect()
}

#[test]
fn every_variable_is_described_and_its_sample_has_the_form() -> anyhow::Result<()> {
    let file: DocumentMut = text("infra/lib/variables.toml")?.parse()?;
    let described: Vec<_> = file.iter().map(|(name, _)| name).collect();
    let sampled = variables();
    for name in &described {
        ensure!(
            sampled.contains_key(name),
            "the test has no sample of {name}"
        );
        for key in ["what", "from", "pattern"] {
            let said = file[name][key].as_str().unwrap_or_default();
            ensure!(!said.is_empty(), "{name} has no {key}");
        }
        let pattern = file[name]["pattern"].as_str().unwrap_or_default();
        ensure!(
            pattern.starts_with('^') && (pattern.ends_with('$') || *name == "KAFKA_CA"),
            "{name}: the pattern leaves the ends open"
        );
    }
    for name in sampled.keys() {
        ensure!(described.contains(name), "{name} is not described");
    }
    Ok(())
}
