//! The runtime configuration: where, on this machine, is what functions are given. Its
//! file is Spin's, of which it may have what is honoured here; the rest is a mistake in it.

mod databases;
mod provider;
mod read;
mod stores;
mod tls;
mod vault;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use spindrift_manifest::{App, Component, reading};
use spindrift_runtime::{BlockedNetworks, ClientTls, ModelServer, SqlitePlace, StorePlace};

pub(crate) use self::provider::Provider;
use crate::args::ServingArgs;

/// Where things are. What is not said here is in the state folder, or nowhere.
#[derive(Debug, Default)]
pub(crate) struct RuntimeConfig {
    /// Where key-value stores are, by their labels.
    pub(crate) key_value: BTreeMap<String, StorePlace>,
    /// Where SQLite databases are, by their labels.
    pub(crate) sqlite: BTreeMap<String, SqlitePlace>,
    /// Where variables get values from, the first that has one first.
    pub(crate) providers: Vec<Provider>,
    /// Where language models are.
    pub(crate) models: Option<ModelServer>,
    /// Networks that no function reaches.
    pub(crate) blocked_networks: BlockedNetworks,
    /// How components greet servers that they ask by HTTPS.
    pub(crate) client_tls: ClientTls,
    /// HTTP requests to others that may be under way at once, where that was said.
    pub(crate) outbound_requests: Option<usize>,
    /// Whether their connections are used again, where that was said.
    pub(crate) outbound_pooling: Option<bool>,
    /// Sockets that may be open at once, where that was said.
    pub(crate) sockets: Option<usize>,
    /// The components that it names, with the places of their names.
    components: Vec<Named>,
}

/// A component's id in the file.
#[derive(Debug)]
struct Named {
    id: String,
    /// `file:line: key`
    place: String,
}

impl RuntimeConfig {
    /// What the options say, over what the file says that they name.
    pub(crate) fn of(args: &ServingArgs) -> Result<Self> {
        let mut config = match args.runtime_config_file() {
            Some(path) => Self::load(path)?,
            None => Self::default(),
        };
        if let Some(models) = args.models.server()? {
            config.models = Some(models);
        }
        Ok(config)
    }

    /// Holds it against the application.
    ///
    /// # Errors
    ///
    /// It names components that the application has not, each with its place.
    pub(crate) fn check(&self, app: &App) -> Result<()> {
        self.check_labels(app);
        let known: Vec<&str> = app.components.keys().map(String::as_str).collect();
        let unknown = self
            .components
            .iter()
            .filter(|named| !app.components.contains_key(&named.id));
        let mistakes: Vec<String> = unknown
            .map(|Named { id, place }| {
                format!(
                    "{place}: there is no component \"{id}\" in {}: it has {}",
                    app.manifest.display(),
                    known.join(", ")
                )
            })
            .collect();
        ensure!(mistakes.is_empty(), "{}", mistakes.join("\n"));
        Ok(())
    }

    /// Says which labels nobody may open: one that is misspelt does nothing.
    fn check_labels(&self, app: &App) {
        let opened = |label: &String, labels: fn(&Component) -> &[String]| {
            let mut components = app.components.values();
            components.any(|component| labels(component).contains(label))
        };
        for label in self.key_value.keys() {
            if !opened(label, |component| &component.key_value_stores) {
                tracing::warn!(
                    "no component may open the key-value store \"{label}\", which the runtime configuration has"
                );
            }
        }
        for label in self.sqlite.keys() {
            if !opened(label, |component| &component.sqlite_databases) {
                tracing::warn!(
                    "no component may open the SQLite database \"{label}\", which the runtime configuration has"
                );
            }
        }
    }

    fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the runtime configuration {}", path.display()))?;
        Ok(reading::read(path, &text, |root| read::config(root, path))?)
    }
}
