//! How the program is started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::database::Database;
use crate::paths::{check_built, program, program_with_failpoints, workspace};
use crate::run_folder::scratch;
use crate::running::{Ended, Running};
use crate::tokens;

/// A command line of the program, and its environment: nothing of the tests' own
/// but what programs need to be found.
#[derive(Debug)]
pub struct Start {
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    log_level: Option<String>,
    /// Another program than the one under test.
    program: Option<PathBuf>,
    folder: TempDir,
    state: PathBuf,
}

impl Start {
    /// `spindrift`, with nothing but arguments.
    ///
    /// # Errors
    /// No folder can be made for it.
    pub fn command(arguments: &[&str]) -> Result<Self> {
        let folder = scratch()?;
        let state = folder.path().join("state");
        Ok(Self {
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: Vec::new(),
            log_level: None,
            program: None,
            folder,
            state,
        })
    }

    /// `spindrift up` on free ports, with compiled code at hand.
    ///
    /// # Errors
    /// A function is not built.
    pub async fn up(manifest: &Path) -> Result<Self> {
        let start = Self::cold("up", manifest)?;
        start.warm(&compiled(manifest).await?)?;
        Ok(start)
    }

    fn cold(command: &str, manifest: &Path) -> Result<Self> {
        check_built(manifest)?;
        let mut start = Self::command(&[command])?;
        start.listen(manifest);
        Ok(start)
    }

    fn listen(&mut self, manifest: &Path) {
        let ports = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        self.arguments.extend(ports.map(OsString::from));
        // With the line that says where the admin listener is, and no other of its level.
        self.log_level = Some("info,spindrift::commands=debug".to_owned());
        self.arguments.extend([
            "--from".into(),
            manifest.into(),
            "--state-dir".into(),
            self.state.clone().into(),
        ]);
    }

    /// The todo application on a database that is there, without any of its own.
    ///
    /// # Errors
    /// A function is not built.
    pub async fn todo(database: &Database) -> Result<Self> {
        Ok(Self::private_todo().await?.using(database))
    }

    /// The todo application as it is served in a container: by `spindrift serve`, on a
    /// database that is there, without a relay.
    ///
    /// # Errors
    /// A function is not built.
    pub async fn serving_todo(database: &Database) -> Result<Self> {
        let start = Self::serving(&workspace().join("spin.toml")).await?;
        Ok(start.variable("jwt_key", tokens::SEED).using(database))
    }

    /// `spindrift serve` on free ports, with compiled code at hand and no variable set.
    ///
    /// # Errors
    /// A function is not built.
    pub async fn serving(manifest: &Path) -> Result<Self> {
        let start = Self::cold("serve", manifest)?;
        start.warm(&compiled(manifest).await?)?;
        Ok(start)
    }

    /// `spindrift watch` on free ports, of an application that it is to build.
    ///
    /// # Errors
    /// No folder can be made for it.
    pub fn watch(manifest: &Path) -> Result<Self> {
        let mut start = Self::command(&["watch"])?;
        start.listen(manifest);
        Ok(start)
    }

    /// `spindrift edge` on free ports. Nothing is compiled for it.
    ///
    /// # Errors
    /// No folder can be made for it.
    pub fn edge(manifest: &Path, to: &str) -> Result<Self> {
        let mut start = Self::command(&["edge", "--to", to])?;
        start.listen(manifest);
        Ok(start)
    }

    /// An application in an unpacked image, as a container's runtime starts it: with the
    /// image's root folder and nothing else, as nobody of this machine's. Only root can.
    ///
    /// # Errors
    /// No folder can be made for it.
    pub fn in_image(root: &Path) -> Result<Self> {
        let mut start = Self::command(&["--userspec=65532:65532"])?;
        start.program = Some("chroot".into());
        start.arguments.push(root.into());
        start
            .arguments
            .extend(["/spindrift", "serve", "--from", "/app/spin.toml"].map(OsString::from));
        let ports = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        start.arguments.extend(ports.map(OsString::from));
        start.log_level = Some("info,spindrift::commands=debug".to_owned());
        Ok(start.env("SPINDRIFT_STATE_DIR", "/app/state"))
    }

    fn using(self, database: &Database) -> Self {
        self.variable("app_database_url", &database.app_url)
            .variable("worker_database_url", &database.worker_url)
            .variable("database_host", &database.host)
    }

    /// The todo application with a private PostgreSQL.
    ///
    /// # Errors
    /// A function is not built.
    pub async fn private_todo() -> Result<Self> {
        Ok(Self::up(&workspace().join("spin.toml"))
            .await?
            .variable("jwt_key", tokens::SEED))
    }

    /// The functions made for tests.
    ///
    /// # Errors
    /// A function is not built.
    pub async fn guests() -> Result<Self> {
        Self::up(&workspace().join("tests/guests/spin.toml")).await
    }

    /// The function that writes down what it is given, on a database that is there.
    ///
    /// # Errors
    /// The function is not built.
    pub async fn witness(database: &Database) -> Result<Self> {
        Self::on_a_database("tests/guests/witness/spin.toml", database).await
    }

    async fn on_a_database(manifest: &str, database: &Database) -> Result<Self> {
        Ok(Self::up(&workspace().join(manifest))
            .await?
            .variable("worker_database_url", &database.worker_url)
            .variable("database_host", &database.host))
    }

    /// Components for Spin's cron plugin, on a database that is there.
    ///
    /// # Errors
    /// They are not built.
    pub async fn ticked(database: &Database) -> Result<Self> {
        Self::on_a_database("tests/guests/ticked/spin.toml", database).await
    }

    /// Has it killed at a place: `name`, or `name:N` for its N-th passage there. Only
    /// the program that is built for that knows of places.
    ///
    /// # Errors
    /// That program is not built.
    pub fn killed_at(mut self, failpoint: &str) -> Result<Self> {
        self.program = Some(program_with_failpoints()?);
        Ok(self.env("SPINDRIFT_FAILPOINT", failpoint))
    }

    /// Another file than the program under test, such as a copy of it.
    #[must_use]
    pub fn program(mut self, program: &Path) -> Self {
        self.program = Some(program.to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(OsString::from));
        self
    }

    /// Has this much logged, instead of what [`Running::admin`] needs.
    #[must_use]
    pub fn log_level(mut self, level: &str) -> Self {
        self.log_level = Some(level.to_owned());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives a variable of the application its value.
    #[must_use]
    pub fn variable(self, name: &str, value: &str) -> Self {
        self.env(&format!("SPIN_VARIABLE_{}", name.to_uppercase()), value)
    }

    /// The state folder.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The folder that is removed with this.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the program and waits until it serves.
    ///
    /// # Errors
    /// It ends before; then with what it said.
    pub async fn run(self) -> Result<Running> {
        Running::start(self).await
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    /// It cannot be started, or does not end.
    pub async fn end(&self) -> Result<Ended> {
        Ended::of(self.process()?).await
    }

    pub(crate) fn process(&self) -> Result<Command> {
        let mut command = Command::new(match &self.program {
            Some(program) => program.clone(),
            None => program()?,
        });
        command
            .args(&self.arguments)
            .env_clear()
            .current_dir(self.folder.path());
        if let Some(level) = &self.log_level {
            command.args(["--log-level", level]);
        }
        for kept in [
            "PATH",
            "HOME",
            "TMPDIR",
            "LD_LIBRARY_PATH",
            "SPINDRIFT_POSTGRES_BIN",
        ] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// A file of its own for one stream of one run.
    pub(crate) fn output(&self, name: &str) -> PathBuf {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("{name}-{number}.log"))
    }

    fn warm(&self, compiled: &Path) -> Result<()> {
        fs::create_dir_all(&self.state)?;
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&self.state, fs::Permissions::from_mode(0o711))?;
        link_files(compiled, &self.state.join("compiled"))
    }
}

/// Compiled code for the functions of a manifest, made once a run at the most.
async fn compiled(manifest: &Path) -> Result<PathBuf> {
    type Compiled = Arc<OnceCell<PathBuf>>;
    static MANIFESTS: Mutex<BTreeMap<PathBuf, Compiled>> = Mutex::new(BTreeMap::new());
    let cell = {
        let mut manifests = MANIFESTS.lock().unwrap_or_else(PoisonError::into_inner);
        manifests.entry(manifest.to_owned()).or_default().clone()
    };
    let compiled = cell.get_or_try_init(|| Box::pin(compile(manifest))).await?;
    Ok(compiled.clone())
}

async fn compile(manifest: &Path) -> Result<PathBuf> {
    let mut start = Start::cold("up", manifest)?;
    let built = manifest.with_file_name(".spindrift").join("compiled");
    if built.is_dir() {
        start.warm(&built)?;
    }
    // Nothing of this is used: what is given is not asked for.
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    for (name, value) in [
        ("app_database_url", nowhere),
        ("worker_database_url", nowhere),
        ("database_host", "127.0.0.1:1"),
        ("jwt_key", "unused"),
        ("server", "http://127.0.0.1:1"),
    ] {
        if fs::read_to_string(manifest)?.contains(name) {
            start = start.variable(name, value);
        }
    }
    let compiled = start.state.join("compiled");
    let running = start.run().await.context("cannot compile the functions")?;
    let kept = scratch()?.keep();
    link_files(&compiled, &kept)?;
    running.stop().await?;
    Ok(kept)
}

/// Shows the files of one folder in another, without copying where that can be.
fn link_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if fs::hard_link(entry.path(), &target).is_err() {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
