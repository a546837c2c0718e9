//! Who pushes: credentials as Docker and Podman keep them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs, io};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::error::Error;

/// Credentials for a registry, and where they are from. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub(crate) auth: RegistryAuth,
    /// A phrase for messages.
    pub(crate) origin: String,
}

/// `config.json` of Docker, `auth.json` of Podman: the same format.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFile {
    auths: BTreeMap<String, Login>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Login {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

/// What `docker-credential-NAME get` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Helped {
    username: String,
    secret: String,
}

/// The files in which credentials are looked for, in this order: `$REGISTRY_AUTH_FILE`,
/// and no other where it is set; `config.json` in `$DOCKER_CONFIG` or `~/.docker`;
/// `containers/auth.json` in `$XDG_RUNTIME_DIR`.
pub fn credential_files() -> Vec<PathBuf> {
    let folder = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(file) = folder("REGISTRY_AUTH_FILE") {
        return vec![file];
    }
    let docker = folder("DOCKER_CONFIG").or_else(|| Some(folder("HOME")?.join(".docker")));
    let podman = folder("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json"));
    docker
        .map(|folder| folder.join("config.json"))
        .into_iter()
        .chain(podman)
        .collect()
}

impl Credentials {
    /// A name and a password. `origin` says where they are from, for messages.
    pub fn basic(user: &str, password: &str, origin: &str) -> Self {
        Self {
            auth: RegistryAuth::Basic(user.to_owned(), password.to_owned()),
            origin: format!("user \"{user}\" and the password from {origin} were not accepted"),
        }
    }

    /// The credentials for a registry, `host[:port]`, from the first of the files that
    /// has some, directly or by a helper program; anonymous when none has.
    ///
    /// # Errors
    ///
    /// A file is malformed, or a helper fails.
    pub async fn find(registry: &str, files: &[PathBuf]) -> Result<Self, Error> {
        let mut looked = Vec::new();
        for file in files {
            looked.push(file.display().to_string());
            if let Some(found) = in_file(registry, file).await? {
                return Ok(found);
            }
        }
        let looked = match looked.is_empty() {
            true => "no file to look in".to_owned(),
            false => looked.join(" nor in "),
        };
        Ok(Self {
            auth: RegistryAuth::Anonymous,
            origin: format!("no credentials for it were found in {looked}"),
        })
    }
}

async fn in_file(registry: &str, file: &Path) -> Result<Option<Credentials>, Error> {
    let place = file.display().to_string();
    let refuse = |why: String| refused(registry, &place, why);
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(refuse(e.to_string())),
    };
    let config: ConfigFile = serde_json::from_str(&text).map_err(|e| refuse(e.to_string()))?;
    let helper = config
        .cred_helpers
        .iter()
        .find(|(key, _)| host(key) == registry);
    if let Some(name) = helper.map(|(_, name)| name).or(config.creds_store.as_ref())
        && let Some(found) = by_helper(registry, name).await?
    {
        return Ok(Some(found));
    }
    let login = config.auths.iter().find(|(key, _)| host(key) == registry);
    let Some((_, login)) = login else {
        return Ok(None);
    };
    let pair = match (&login.auth, &login.username, &login.password) {
        (Some(auth), _, _) => {
            let malformed = || refuse("its `auth` is not NAME:PASSWORD in base64".to_owned());
            let bytes = STANDARD.decode(auth).map_err(|_| malformed())?;
            let text = String::from_utf8(bytes).map_err(|_| malformed())?;
            let (user, password) = text.split_once(':').ok_or_else(malformed)?;
            Some((user.to_owned(), password.to_owned()))
        }
        (None, Some(user), Some(password)) => Some((user.clone(), password.clone())),
        // Podman and Docker leave an empty one where a helper has the rest.
        _ => None,
    };
    Ok(pair.map(|(user, password)| Credentials::basic(&user, &password, &place)))
}

async fn by_helper(registry: &str, name: &str) -> Result<Option<Credentials>, Error> {
    let program = format!("docker-credential-{name}");
    let refuse = |why: String| refused(registry, &program, why);
    // Docker stores its own registry's under this name.
    let server = match registry {
        "index.docker.io" => "https://index.docker.io/v1/",
        other => other,
    };
    let run = async {
        let mut child = Command::new(&program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(server.as_bytes()).await?;
        }
        child.wait_with_output().await
    };
    let output = run
        .await
        .map_err(|e| refuse(format!("it cannot be run: {e}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        // The protocol's words for having none.
        return match text.contains("credentials not found") {
            true => Ok(None),
            false => Err(refuse(format!("it failed ({})", output.status))),
        };
    }
    let helped: Helped =
        serde_json::from_str(&text).map_err(|_| refuse("it printed no credentials".to_owned()))?;
    if helped.username == "<token>" {
        return Err(refuse(
            "it has an identity token, which is not supported; log in with a name and a password or access token".to_owned(),
        ));
    }
    Ok(Some(Credentials::basic(
        &helped.username,
        &helped.secret,
        &program,
    )))
}

fn refused(registry: &str, place: &str, why: String) -> Error {
    Error::Credentials {
        registry: registry.to_owned(),
        place: place.to_owned(),
        why,
    }
}

/// The host among the forms that a key may have: `https://host/v1/`, `host`.
fn host(key: &str) -> &str {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = key.split('/').next().unwrap_or(key);
    match host {
        "docker.io" => "index.docker.io",
        other => other,
    }
}
