//! MariaDB, which speaks MySQL: one server for the run, one database for each test.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use spindrift_database::account;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::certified::Certified;
use crate::guard::Guard;
use crate::run_folder::scratch;
use crate::servers::{find, free_port};
use crate::wait::within;

/// How long it may take to start.
const START: Duration = Duration::from_secs(60);

/// Databases that there are from the start: a test takes the next one.
const DATABASES: u32 = 64;

/// The password of everybody.
const PASSWORD: &str = "correct-horse-battery";

/// The run's server. It is never dropped; the server ends with this process.
struct Server {
    port: u16,
    /// By which it speaks TLS to who wants it.
    tls: Certified,
    _child: Child,
    _guard: Guard,
    _folder: TempDir,
}

/// An empty database, and somebody who may do everything in it.
#[derive(Clone, Debug)]
pub struct MariaDb {
    /// `host:port` of the server.
    pub host: String,
    /// `mysql://user:password@host:port/database`.
    pub url: String,
    /// The password in it.
    pub password: &'static str,
    /// The authority of the server's certificate, which is for 127.0.0.1 and no other name.
    pub authority: PathBuf,
}

impl MariaDb {
    /// Takes a database; none where MariaDB is not installed.
    ///
    /// # Errors
    /// The server fails.
    pub async fn new() -> Result<Option<Self>> {
        static SERVER: OnceCell<Option<Server>> = OnceCell::const_new();
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let server = SERVER.get_or_try_init(|| Box::pin(Server::start())).await?;
        let Some(server) = server else {
            return Ok(None);
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        ensure!(number <= DATABASES, "no more than {DATABASES} databases");
        let host = format!("127.0.0.1:{}", server.port);
        Ok(Some(Self {
            url: format!("mysql://test_{number}:{PASSWORD}@{host}/test_{number}"),
            host,
            password: PASSWORD,
            authority: server.tls.authority.clone(),
        }))
    }
}

impl Server {
    async fn start() -> Result<Option<Self>> {
        let (Some(server), Some(install)) = (find("mariadbd"), find("mariadb-install-db")) else {
            return Ok(None);
        };
        let folder = scratch()?;
        let data = folder.path().join("data");
        let user = owned(folder.path())?;
        let installed = Command::new(install)
            .arg("--no-defaults")
            .args(user.iter().map(|name| format!("--user={name}")))
            .arg(format!("--datadir={}", data.display()))
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .stdin(Stdio::null())
            .output()
            .context("cannot run mariadb-install-db")?;
        ensure!(
            installed.status.success(),
            "mariadb-install-db: {}{}",
            String::from_utf8_lossy(&installed.stdout),
            String::from_utf8_lossy(&installed.stderr)
        );
        let tls = Certified::make(folder.path(), "127.0.0.1")?;
        let init = folder.path().join("init.sql");
        fs::write(&init, users())?;
        let (log, port) = (folder.path().join("log"), free_port()?);
        let mut child = Command::new(server)
            .arg("--no-defaults")
            .args(user.iter().map(|name| format!("--user={name}")))
            .args(options(folder.path(), &data, &init, &tls, port))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start mariadbd")?;
        // What it has written is not kept: it need not write it out first.
        let guard = Guard::start("kill -KILL $1", [child.id().to_string()])?;
        let ready = within(START, "MariaDB to start", async || {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("ready for connections") {
                return Some(true);
            }
            matches!(child.try_wait(), Ok(Some(_))).then_some(false)
        })
        .await?;
        if !ready {
            bail!("mariadbd: {}", fs::read_to_string(&log)?);
        }
        Ok(Some(Self {
            port,
            tls,
            _child: child,
            _guard: guard,
            _folder: folder,
        }))
    }
}

/// Where the tests run as root, gives the folder to somebody else, whom it answers.
fn owned(folder: &Path) -> Result<Option<String>> {
    let Some(account) = account::unprivileged()? else {
        return Ok(None);
    };
    chown(folder, Some(account.uid), Some(account.gid))?;
    Ok(Some(account.name))
}

fn options(folder: &Path, data: &Path, init: &Path, tls: &Certified, port: u16) -> Vec<String> {
    let file = |name: &str, path: PathBuf| format!("--{name}={}", path.display());
    vec![
        file("datadir", data.to_owned()),
        file("socket", folder.join("socket")),
        file("pid-file", folder.join("pid")),
        file("init-file", init.to_owned()),
        file("ssl-cert", tls.certificate.clone()),
        file("ssl-key", tls.key.clone()),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--skip-name-resolve".to_owned(),
        "--character-set-server=utf8mb4".to_owned(),
        "--innodb-buffer-pool-size=16M".to_owned(),
        "--innodb-flush-log-at-trx-commit=0".to_owned(),
    ]
}

/// What makes the databases and their users.
fn users() -> String {
    let one = |number| {
        let name = format!("test_{number}");
        format!(
            "CREATE DATABASE {name};\n\
             CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON {name}.* TO '{name}'@'%';\n"
        )
    };
    (1..=DATABASES).map(one).collect()
}
