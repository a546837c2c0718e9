//! Who takes part, and how each of them is started.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::database::Database;
use crate::side::{ADDRESS, PORT, Side};

pub(crate) const SPINDRIFT: &str = "spindrift";
/// One request at a time in an instance, as here.
pub(crate) const WASMTIME: &str = "wasmtime serve, sequential";
/// As it comes: many requests at a time in an instance.
pub(crate) const WASMTIME_CONCURRENT: &str = "wasmtime serve, concurrent";
pub(crate) const NATIVE_HELLO: &str = "native hyper";
pub(crate) const NATIVE_TASKS: &str = "native axum";
pub(crate) const FASTAPI: &str = "FastAPI";

/// Database connections that each side may hold: what `spindrift` takes unless told otherwise.
pub(crate) const CONNECTIONS: usize = 20;

/// The components of `examples/hello` and of `tests/guests/measured`.
pub(crate) const HELLO: &str = "target/wasm32-wasip2/function/hello.wasm";
const MEASURED: &str = "target/wasm32-wasip2/function/measured.wasm";

/// The file by which the native server is told what our side sends to the database.
pub(crate) const STATEMENTS: &str = "statements.sql";

/// Where building the application's functions left their compiled code.
const BUILT: &str = ".spindrift";

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Programs {
    spindrift: PathBuf,
    wasmtime: PathBuf,
    /// With the native servers: where this program is.
    own: PathBuf,
}

impl Programs {
    pub(crate) fn find(spindrift: &Path, wasmtime: &Path) -> Result<Self> {
        let this = std::env::current_exe()?;
        Ok(Self {
            spindrift: spindrift.to_owned(),
            wasmtime: wasmtime.to_owned(),
            own: this
                .parent()
                .context("this program is in no folder")?
                .to_owned(),
        })
    }

    /// The sides of `examples/hello`. Their state is in `folder`.
    pub(crate) fn hello(&self, folder: &Path) -> Vec<Side> {
        let mut sides = self.greeting(folder, HELLO);
        sides.insert(2, self.wasmtime(WASMTIME_CONCURRENT, &[], HELLO));
        sides
    }

    /// Those that start: the engine's own server from `compiled`, as ours does.
    pub(crate) fn greeting(&self, folder: &Path, compiled: &str) -> Vec<Side> {
        vec![
            self.spindrift(
                "examples/hello/spin.toml",
                &folder.join("hello-state"),
                Vec::new(),
            ),
            self.wasmtime(WASMTIME, &ALIKE, compiled),
            self.native(NATIVE_HELLO, "native-hello", Vec::new()),
        ]
    }

    /// The sides of `tests/guests/measured`.
    pub(crate) fn measured(&self, folder: &Path) -> Vec<Side> {
        vec![
            self.neighbours(folder),
            self.wasmtime(WASMTIME, &ALIKE, MEASURED),
            self.wasmtime(WASMTIME_CONCURRENT, &[], MEASURED),
            self.native(NATIVE_HELLO, "native-hello", Vec::new()),
        ]
    }

    /// Our side of `tests/guests/measured`, in which the greeting has a busy neighbour.
    pub(crate) fn neighbours(&self, folder: &Path) -> Side {
        let state = folder.join("measured-state");
        self.spindrift("tests/guests/measured/spin.toml", &state, Vec::new())
    }

    /// Our side of a manifest that is in `folder`.
    pub(crate) fn other(&self, folder: &Path, manifest: &Path) -> Side {
        let state = folder.join("other-state");
        self.spindrift(&manifest.display().to_string(), &state, Vec::new())
    }

    /// The engine's own program, to compile ahead of time with.
    pub(crate) fn engine(&self) -> &Path {
        &self.wasmtime
    }

    /// A component in the engine's own server.
    fn wasmtime(&self, name: &'static str, options: &[&str], component: &str) -> Side {
        let usual = [
            "serve",
            "--addr",
            ADDRESS,
            "--allow-precompiled",
            "-Scli,p3",
            "-Wcomponent-model-async",
        ];
        let arguments = usual.iter().chain(options).chain([&component]);
        Side {
            name,
            program: self.wasmtime.clone(),
            arguments: arguments.map(|argument| (*argument).to_owned()).collect(),
            // Its requests, and nothing of what the engine does inside.
            environment: vec![(
                "WASMTIME_LOG",
                "wasmtime_cli::commands::serve=info".to_owned(),
            )],
        }
    }

    /// The sides of `/api/tasks`, both on `database`.
    pub(crate) fn tasks(&self, folder: &Path, database: &Database) -> Vec<Side> {
        let native = vec![
            ("DATABASE_URL", database.app_url.clone()),
            ("DATABASE_CONNECTIONS", CONNECTIONS.to_string()),
            ("JWT_KEY", database.jwt_key.clone()),
            ("STATEMENTS", folder.join(STATEMENTS).display().to_string()),
        ];
        vec![
            self.tasks_alone(database),
            self.native(NATIVE_TASKS, "native-tasks", native),
            fastapi(database),
        ]
    }

    /// Our side as a cluster has it: requests alone. Handlers of events and the relay
    /// would be on the same database.
    fn tasks_alone(&self, database: &Database) -> Side {
        let mut side = self.spindrift("spin.toml", Path::new(BUILT), variables(database));
        side.arguments.retain(|argument| argument != "up");
        side.arguments.insert(0, "serve".to_owned());
        side.arguments
            .extend(["--component-id", "tasks"].map(str::to_owned));
        side
    }

    /// Our side of the whole application.
    pub(crate) fn todo(&self, folder: &Path, database: &Database) -> Side {
        let state = folder.join("tasks-state");
        self.spindrift("spin.toml", &state, variables(database))
    }

    /// Our side with these functions alone, which are given the events: through
    /// Kafka, where there is one.
    pub(crate) fn subscribers(
        &self,
        folder: &Path,
        database: &Database,
        functions: &[&str],
        brokers: Option<&str>,
    ) -> Side {
        let state = folder.join("events-state");
        let mut side = self.spindrift("spin.toml", &state, variables(database));
        for function in functions {
            let chosen = ["--component-id", function];
            side.arguments.extend(chosen.map(str::to_owned));
        }
        if let Some(brokers) = brokers {
            let named = ["--kafka-brokers", brokers];
            side.arguments.extend(named.map(str::to_owned));
        }
        side
    }

    fn spindrift(
        &self,
        manifest: &str,
        state: &Path,
        environment: Vec<(&'static str, String)>,
    ) -> Side {
        let arguments = [
            "up",
            "--from",
            manifest,
            "--listen",
            ADDRESS,
            "--admin-listen",
            "off",
            "--log-format",
            "json",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
        arguments.extend(["--database-connections".to_owned(), CONNECTIONS.to_string()]);
        arguments.extend(["--state-dir".to_owned(), state.display().to_string()]);
        Side {
            name: SPINDRIFT,
            program: self.spindrift.clone(),
            arguments,
            environment,
        }
    }

    fn native(
        &self,
        name: &'static str,
        program: &str,
        environment: Vec<(&'static str, String)>,
    ) -> Side {
        Side {
            name,
            program: self.own.join(program),
            arguments: vec![ADDRESS.to_owned()],
            environment,
        }
    }
}

/// How the engine's own server treats instances as ours does: one request at a time.
const ALIKE: [&str; 2] = [
    "--max-instance-reuse-count=100000",
    "--max-instance-concurrent-reuse-count=1",
];

/// The Python peer, where `scripts/setup bench` put it.
fn fastapi(database: &Database) -> Side {
    let arguments = [
        "tasks:app",
        "--app-dir",
        "tests/bench/fastapi",
        "--host",
        "127.0.0.1",
        "--port",
        PORT,
        "--workers",
        "2",
        // It writes its own, as the others do.
        "--no-access-log",
    ];
    Side {
        name: FASTAPI,
        program: "target/tools/fastapi/bin/uvicorn".into(),
        arguments: arguments.map(str::to_owned).into(),
        environment: vec![
            ("DATABASE_URL", database.app_url.clone()),
            ("DATABASE_CONNECTIONS", CONNECTIONS.to_string()),
            ("JWT_KEY", database.jwt_key.clone()),
        ],
    }
}

/// What the application's functions are told.
fn variables(database: &Database) -> Vec<(&'static str, String)> {
    vec![
        ("SPIN_VARIABLE_APP_DATABASE_URL", database.app_url.clone()),
        (
            "SPIN_VARIABLE_WORKER_DATABASE_URL",
            database.worker_url.clone(),
        ),
        ("SPIN_VARIABLE_DATABASE_HOST", database.host()),
        ("SPIN_VARIABLE_JWT_KEY", database.jwt_key.clone()),
    ]
}
