//! From an application to its functions.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;

use spindrift_manifest::{AddedHeaders, App, Component as Declared};
use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::capabilities::key_value::StorePlace;
use crate::capabilities::llm::ModelServer;
use crate::capabilities::sqlite::SqlitePlace;
use crate::capabilities::{self, Shared, files};
use crate::client_tls::ClientTls;
use crate::compiled::{Cache, Key, Loaded, invalid};
use crate::engine::{self, Target};
use crate::entry::EntryPre;
use crate::error::LoadError;
use crate::function::{Function, Linked};
use crate::limits::{Limits, cores};
use crate::metrics::Metrics;
use crate::neighbours::Neighbours;
use crate::networks::BlockedNetworks;
use crate::reads::Reads;
use crate::state::State;
use crate::ticker::Ticker;

/// How a process runs functions.
#[derive(Clone, Debug)]
pub struct Options {
    /// The state folder: compiled code, key-value stores, laid-out files.
    pub state: PathBuf,
    /// Environment variables that every function sees, over the manifest's.
    pub environment: Vec<(String, String)>,
    /// Connections that each database pool may hold.
    pub database_connections: usize,
    /// Key-value stores that are not in the state folder, by their labels.
    pub key_value_stores: BTreeMap<String, StorePlace>,
    /// SQLite databases that are not in the state folder, by their labels.
    pub sqlite_databases: BTreeMap<String, SqlitePlace>,
    /// Where language models are, if anywhere.
    pub models: Option<ModelServer>,
    /// Networks that no function reaches.
    pub blocked_networks: BlockedNetworks,
    /// How components greet servers that they ask by HTTPS.
    pub client_tls: ClientTls,
    /// HTTP requests to others under way at once, those of all components together; `None`
    /// for as many as each component's own limit allows.
    pub outbound_requests: Option<usize>,
    /// Whether a component's HTTP requests use the connections of those before again.
    pub outbound_pooling: bool,
    /// Sockets that are open at once, the same.
    pub sockets: Option<usize>,
}

/// The process's engine and what all functions share. Made once.
pub struct Runtime {
    engine: Engine,
    /// Under which compiled code is looked for: what was made for this machine is the
    /// faster.
    keys: [Key; 2],
    linker: Linker<State>,
    ticker: Arc<Ticker>,
    shared: Shared,
    metrics: Metrics,
    options: Options,
}

/// Components that have all that they import, and no grants yet. By component id.
pub struct Code(BTreeMap<String, Linked>);

/// An application's functions by component id.
pub type Functions = BTreeMap<String, Function>;

impl Runtime {
    /// Sets up the engine.
    ///
    /// # Errors
    ///
    /// [`LoadError::Engine`] when the machine cannot do what the engine needs.
    pub fn new(options: Options, metrics: Metrics) -> Result<Self, LoadError> {
        let engine = engine::serving().map_err(LoadError::Engine)?;
        let portable = engine::compiling(Target::Portable).map_err(LoadError::Engine)?;
        let mut linker = Linker::new(&engine);
        capabilities::link(&mut linker).map_err(LoadError::Engine)?;
        let ticker = Ticker::start(engine.clone()).map_err(|e| LoadError::Engine(e.into()))?;
        Ok(Self {
            ticker: Arc::new(ticker),
            shared: Shared::new(&options, &metrics),
            keys: [Key::of(&engine), Key::of(&portable)],
            engine,
            linker,
            metrics,
            options,
        })
    }

    /// Has `neighbours` answer what functions ask of their own application, from now on.
    pub fn introduce(&self, neighbours: Weak<dyn Neighbours>) {
        self.shared.neighbours.introduce(neighbours);
    }

    /// Reads the code of the components that `wanted` accepts, which was compiled before
    /// by [`compile`], and links it: all that can be done before the values of variables
    /// are known. On all processors, for it takes most of a start.
    ///
    /// # Errors
    ///
    /// What is wrong with each component that cannot run.
    pub fn read(&self, app: &App, wanted: impl Fn(&str) -> bool) -> Result<Code, Vec<LoadError>> {
        let cache = Cache::in_state(&self.options.state);
        cache.check().map_err(|e| vec![e])?;
        let components: Vec<_> = app.components.values().filter(|c| wanted(&c.id)).collect();
        let read = on_all_processors(&components, |component| {
            let linked = self.read_one(&cache, component)?;
            Ok((component.id.clone(), linked))
        });
        sorted_out(read).map(Code)
    }

    /// Makes functions of code, as far as the application has components for it. `values`
    /// are the application's variables.
    ///
    /// # Errors
    ///
    /// What is wrong with each component that cannot be granted what it asks for.
    pub fn functions(
        &self,
        app: &App,
        values: &BTreeMap<String, String>,
        code: Code,
    ) -> Result<Functions, Vec<LoadError>> {
        let made = code.0.into_iter().filter_map(|(id, linked)| {
            let component = app.components.get(&id)?;
            let function = self.function(app, values, component, linked);
            Some(function.map(|function| (id, function)))
        });
        sorted_out(made)
    }

    fn read_one(&self, cache: &Cache, component: &Declared) -> Result<Linked, LoadError> {
        let Loaded { code, reads } = cache
            .entry(component)?
            .load(&self.engine, &self.keys, component)?
            .ok_or_else(|| LoadError::NotCompiled {
                component: component.id.clone(),
                state: self.options.state.clone(),
            })?;
        let entry = self
            .linker
            .instantiate_pre(&code)
            .and_then(|pre| EntryPre::of(&pre))
            .map_err(|e| invalid(component, &e))?;
        let reads = match component.settings.added_headers {
            AddedHeaders::Named => reads,
            AddedHeaders::All => Reads::ALL,
        };
        Ok(Linked { entry, reads })
    }

    fn function(
        &self,
        app: &App,
        values: &BTreeMap<String, String>,
        component: &Declared,
        linked: Linked,
    ) -> Result<Function, LoadError> {
        let refuse = |message: String| LoadError::Grant {
            component: component.id.clone(),
            message,
        };
        let expanded = app
            .expand(&component.id, values)
            .map_err(|e| refuse(e.to_string()))?;
        let grants = self
            .shared
            .grant(
                component,
                expanded,
                &app.root,
                &self.options.state,
                &self.options.environment,
            )
            .map_err(refuse)?;
        Ok(Function::new(
            &component.id,
            self.engine.clone(),
            linked,
            Limits::from_declared(&component.settings.limits),
            grants,
            self.ticker.clone(),
            &self.metrics,
        ))
    }
}

/// What came of each: all of it, or what is wrong with those of which nothing did.
fn sorted_out<T>(
    results: impl IntoIterator<Item = Result<(String, T), LoadError>>,
) -> Result<BTreeMap<String, T>, Vec<LoadError>> {
    let (mut good, mut errors) = (BTreeMap::new(), Vec::new());
    for result in results {
        match result {
            Ok((id, one)) => _ = good.insert(id, one),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(good)
    } else {
        Err(errors)
    }
}

/// What `work` makes of each, by threads that are gone afterwards.
fn on_all_processors<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let share = items.len().div_ceil(cores()).max(1);
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .chunks(share)
            .map(|items| scope.spawn(move || items.iter().map(work).collect::<Vec<R>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

/// Compiles an application's components into the state folder, ahead of serving, and
/// lays out their files there, so that serving writes nothing. What is there already is
/// left alone; `begun` is told of each that is not compiled. Returns the files in the
/// state folder that a process that serves them looks for.
///
/// # Errors
///
/// The first component that is missing or not valid.
pub fn compile(
    app: &App,
    state: &Path,
    target: Target,
    begun: impl Fn(&str),
) -> Result<Vec<PathBuf>, LoadError> {
    let engine = engine::compiling(target).map_err(LoadError::Engine)?;
    let (key, cache) = (Key::of(&engine), Cache::in_state(state));
    cache.prepare()?;
    let mut files = Vec::new();
    for component in app.components.values() {
        let entry = cache.entry(component)?;
        let place = entry.place(&key);
        if !place.is_compiled() {
            begun(&component.id);
            entry.compile(&engine, &place, component)?;
        }
        files.extend([place.code, place.note]);
        let grant = files::Grant::new(component, &app.root, state);
        let grant = grant.map_err(|message| LoadError::Grant {
            component: component.id.clone(),
            message,
        });
        files.extend_from_slice(grant?.laid_out());
    }
    Ok(files)
}
