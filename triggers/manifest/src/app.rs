//! What a checked manifest says: the application as every other crate sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::cron::CronTrigger;
use crate::dependency::Dependency;
use crate::kafka::{KafkaSettings, KafkaTrigger};
use crate::origin::Origin;
use crate::redis::RedisTrigger;
use crate::route::Route;
use crate::services::ServiceSettings;
use crate::template::Template;

/// An application: the contents of one `spin.toml`, checked.
#[derive(Clone, Debug)]
pub struct App {
    /// The manifest's own path, as it was named.
    pub manifest: PathBuf,
    /// The folder of the manifest. Relative paths in it start here.
    pub root: PathBuf,
    /// The folder of what comes from elsewhere and of what is composed:
    /// [`Checks::fetched`].
    pub fetched: PathBuf,
    /// The manifest is of version 1; what is here is what version 2 would say.
    pub is_version_1: bool,
    /// `application.name`.
    pub name: String,
    /// `application.version`, empty when absent.
    pub version: String,
    /// `application.description`, empty when absent.
    pub description: String,
    /// `[variables]` by name.
    pub variables: BTreeMap<String, Variable>,
    /// `[component.<id>]` by id.
    pub components: BTreeMap<String, Component>,
    /// `[[trigger.http]]`, in the order of the manifest.
    pub http: Vec<HttpTrigger>,
    /// `[[trigger.kafka]]`, in the order of the manifest.
    pub kafka: Vec<KafkaTrigger>,
    /// `[[trigger.cron]]`, in the order of the manifest.
    pub cron: Vec<CronTrigger>,
    /// `[[trigger.redis]]`, in the order of the manifest.
    pub redis: Vec<RedisTrigger>,
    /// `[application.trigger.kafka]`.
    pub kafka_settings: KafkaSettings,
    /// `[application.tool.spindrift]`.
    pub settings: Settings,
}

/// One entry of `[variables]`.
#[derive(Clone, Debug, Default)]
pub struct Variable {
    /// Its value when nobody gives one. Absent exactly when `required` is true.
    pub default: Option<String>,
    /// Whether somebody must give a value.
    pub required: bool,
    /// Whether its value must stay out of logs and messages.
    pub secret: bool,
    /// `description`: a note for people, empty when absent.
    pub description: String,
    /// The line of the manifest that declares it, from 1.
    pub line: usize,
}

/// One `[component.<id>]`.
#[derive(Clone, Debug)]
pub struct Component {
    /// The key after `component.`.
    pub id: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The `.wasm` file that runs: its origin's, or, where it has dependencies, what was
    /// composed, once it was.
    pub source: PathBuf,
    /// The line of the manifest that names the source, from 1.
    pub source_line: usize,
    /// What the source exports; `None` while nobody has looked.
    pub handler: Option<Handler>,
    /// `description`, empty when absent.
    pub description: String,
    /// `[component.<id>.variables]`: templates over the application's variables.
    pub variables: BTreeMap<String, Template>,
    /// `environment`: what the function sees in its environment.
    pub environment: BTreeMap<String, String>,
    /// `files`: what the function finds in its file system, read only.
    pub files: Vec<FileMount>,
    /// `exclude_files`: globs, relative to the manifest's folder.
    pub exclude_files: Vec<String>,
    /// `allowed_outbound_hosts`: templates over the application's variables,
    /// each of the form `scheme://host[:port]` once expanded.
    pub allowed_outbound_hosts: Vec<Template>,
    /// `key_value_stores`: the labels that the function may open.
    pub key_value_stores: Vec<String>,
    /// `sqlite_databases`: the labels of the SQLite databases that it may open.
    pub sqlite_databases: Vec<String>,
    /// `ai_models`: the language models that it may use.
    pub ai_models: Vec<String>,
    /// `[component.<id>.build]`.
    pub build: Option<Build>,
    /// `[component.<id>.dependencies]`, in the order of the manifest.
    pub dependencies: Vec<Dependency>,
    /// `dependencies_inherit_configuration`: the dependencies may do what the component
    /// may.
    pub dependencies_inherit: bool,
    /// `[component.<id>.tool.spindrift]`.
    pub settings: ComponentSettings,
}

/// What a component exports, and so what can call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// An HTTP handler: requests, events, ticks and messages.
    Http,
    /// `handle-cron-event`, as for the cron plugin of Spin: ticks alone.
    CronEvent,
    /// `handle-message`, as for Spin's Redis trigger: messages alone.
    Message,
}

/// One entry of `files`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileMount {
    /// A glob; matching files keep their path relative to the manifest's folder.
    Glob(String),
    /// `{ source, destination }`: a folder or file placed at an absolute guest path.
    Placed {
        /// Resolved against the manifest's folder.
        source: PathBuf,
        /// Absolute, as the function sees it.
        destination: String,
    },
}

/// `[component.<id>.build]`: how `spindrift build` makes the component.
#[derive(Clone, Debug)]
pub struct Build {
    /// The commands, run by `sh -c` in order. (A string in the manifest is one command.)
    pub commands: Vec<String>,
    /// Resolved against the manifest's folder.
    pub workdir: PathBuf,
    /// Globs for `spindrift watch`.
    pub watch: Vec<String>,
}

/// One `[[trigger.http]]`.
#[derive(Clone, Debug)]
pub struct HttpTrigger {
    /// Its `id`, or `trigger-http-<n>` from 0, when the manifest gives none.
    pub id: String,
    /// `None` for `{ private = true }`: reachable from other functions only.
    pub route: Option<Route>,
    /// Who answers.
    pub target: HttpTarget,
    /// The line of the manifest, from 1.
    pub line: usize,
}

/// Who answers an HTTP route.
#[derive(Clone, Debug)]
pub enum HttpTarget {
    /// The component of this id. It is in `App::components`.
    Component(String),
    /// `static_response`: the same answer each time, without a function.
    Static(StaticResponse),
}

/// A `static_response`.
#[derive(Clone, Debug)]
pub struct StaticResponse {
    /// `status_code`, 200 when absent.
    pub status: u16,
    /// `headers`.
    pub headers: BTreeMap<String, String>,
    /// `body`, empty when absent.
    pub body: String,
}

/// `[application.tool.spindrift]`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `[application.tool.spindrift.database]`.
    pub database: Option<DatabaseSettings>,
    /// `[application.tool.spindrift.generated]`: variables that `spindrift up`
    /// makes up once and keeps in the state folder when nobody gives them:
    /// name to number of random bytes (16..=1024), handed over as base64url
    /// without padding.
    pub generated: BTreeMap<String, usize>,
    /// `[application.tool.spindrift.services.<name>]`: the services that components
    /// are placed in, where they have settings.
    pub services: BTreeMap<String, ServiceSettings>,
}

/// `[application.tool.spindrift.database]`: what `spindrift up`, `serve` and
/// `migrate` do about PostgreSQL. Absent for applications without a database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `migrations`: a folder of `NNNN_name.sql`, resolved against the manifest's folder.
    pub migrations: PathBuf,
    /// `host_variable`: the variable that is given the server as `host:port`, for
    /// use in `allowed_outbound_hosts`.
    pub host_variable: Option<String>,
    /// `outbox_variable`: the variable whose URL Spindrift itself connects by, to relay
    /// the outbox and to share out ticks. Absent where there is no outbox.
    pub outbox_variable: Option<String>,
    /// `[...database.roles]`: variable to role; the variable is given a URL that
    /// connects as that role. Roles are made before the migrations run.
    pub roles: BTreeMap<String, String>,
}

/// `[component.<id>.tool.spindrift]`.
#[derive(Clone, Debug, Default)]
pub struct ComponentSettings {
    /// `[component.<id>.tool.spindrift.limits]`.
    pub limits: Limits,
    /// `added_headers`.
    pub added_headers: AddedHeaders,
    /// `service`: the service that the component is placed in; `None`: one to itself,
    /// of the component's id.
    pub service: Option<String>,
    /// The settings of the service that the component has to itself.
    pub own: ServiceSettings,
}

/// Which of the headers that a request has not by itself (Spin's, `traceparent`,
/// `x-request-id`) a component is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddedHeaders {
    /// `"named"`: those whose names its code has.
    #[default]
    Named,
    /// `"all"`.
    All,
}

/// What one function may use. `None`: the runtime's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// `memory`: bytes of linear memory an instance may reach. In the manifest
    /// an integer (bytes) or a string such as `"64MiB"`.
    pub memory: Option<u64>,
    /// `retire_memory`: an instance that grew past this many bytes serves no
    /// further request. Same form.
    pub retire_memory: Option<u64>,
    /// `table_elements`: references to functions and the like that the tables of an
    /// instance may hold, all together.
    pub table_elements: Option<usize>,
    /// `request_timeout`: from the first byte handed to the function to its
    /// response's head. In the manifest `"30s"`, `"500ms"`, `"2m"`.
    pub request_timeout: Option<Duration>,
    /// `cpu_time`: processor time for one request. Same form.
    pub cpu_time: Option<Duration>,
    /// `concurrency`: requests under way in this function at once.
    pub concurrency: Option<Concurrency>,
    /// `queue`: requests that may wait for a turn; the next gets 503.
    pub queue: Option<usize>,
    /// `queue_timeout`: how long one may wait before it gets 503.
    pub queue_timeout: Option<Duration>,
    /// `request_body`: bytes; more is 413. Same form as `memory`.
    pub request_body: Option<u64>,
    /// `outbound_requests`: HTTP requests to others under way at once, those of all
    /// instances together; the next waits. As many sockets may be open beside them; the
    /// next is refused.
    pub outbound_requests: Option<usize>,
    /// `log`: bytes that one request may print. Same form as `memory`.
    pub log: Option<u64>,
    /// `reuse`: requests that one instance serves, one after another, before it is
    /// replaced. In the manifest a number, or `"none"`, which is 1 and gives each request
    /// an instance of its own, or `"sequential"`, which is the default.
    pub reuse: Option<u32>,
}

/// A bound on requests under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concurrency {
    /// `concurrency = 16`.
    Fixed(usize),
    /// `concurrency = "cores"`: as many as the process may use processors.
    Cores,
}

/// What is known of the outside when a manifest is checked.
#[derive(Clone, Debug, Default)]
pub struct Checks {
    /// Check that every component's source exists and exports what its triggers call.
    /// `spindrift build` leaves this out: it is about to make them.
    pub sources: bool,
    /// Leave out those that come from elsewhere and are not here yet: they are about to be
    /// fetched.
    pub unfetched: bool,
    /// The names of the variables that will have a value. A required variable
    /// that is not among them is an error. `None`: not checked.
    pub provided: Option<BTreeSet<String>>,
    /// The folder where components from elsewhere are kept: `components` in the state
    /// folder ([`FETCHED`](crate::FETCHED)). Who looks at no component leaves it empty.
    pub fetched: PathBuf,
}

/// A component's templates, expanded. Its `Debug` leaves out the values: some are
/// secrets.
#[derive(Clone, Default)]
pub struct Expanded {
    /// The component's variables.
    pub variables: BTreeMap<String, String>,
    /// The component's allowed hosts.
    pub allowed_outbound_hosts: Vec<String>,
}

impl fmt::Debug for Expanded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expanded")
            .field("variables", &self.variables.keys())
            .field("allowed_outbound_hosts", &self.allowed_outbound_hosts.len())
            .finish()
    }
}
