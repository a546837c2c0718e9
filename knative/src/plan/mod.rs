//! What runs in the cluster: an application, placed and given its values.

mod env;
mod mistakes;
mod neighbours;
mod placement;
mod service;

use std::collections::BTreeMap;

use spindrift_manifest::{App, KafkaConnection};

use crate::profile::{Profile, RoutingMode};

pub(crate) use env::{Backup, Env, Source, kafka_secret};
pub use mistakes::{Mistake, Mistakes};
pub(crate) use placement::{Placed, has_contract, schedule};
pub(crate) use service::{Role, Service};

/// What stands before the names of all objects of an application, and is the value of
/// its label: its name, as Kubernetes takes names.
///
/// # Errors
///
/// A name that cannot be made one.
pub fn prefix(app: &App) -> Result<String, Mistakes> {
    let mut mistakes = Mistakes::default();
    let prefix = placement::prefix(app, &mut mistakes);
    mistakes.finish()?;
    Ok(prefix)
}

/// The name of the service that forwards requests.
pub(crate) const EDGE: &str = "edge";

/// An application as it is to run in one environment. Nothing in it is open: what
/// cannot be rendered was a mistake.
pub(crate) struct Plan<'a> {
    pub(crate) app: &'a App,
    pub(crate) profile: &'a Profile,
    /// What stands before the names of all objects: the application's name.
    pub(crate) prefix: String,
    pub(crate) image: String,
    /// Knative services, by name.
    pub(crate) services: Vec<Service>,
    /// Where each component is served that routes lead to.
    pub(crate) routed: BTreeMap<String, String>,
    /// Where each component is served that events or ticks call.
    pub(crate) called: BTreeMap<String, String>,
    /// The brokers, where events go through some. User and password are not in it.
    pub(crate) kafka: Option<KafkaConnection>,
    /// What the relay is told. `None`: there is nothing to relay.
    pub(crate) relay: Option<Vec<Env>>,
    /// What the migrations are told. `None`: there is no database.
    pub(crate) migrate: Option<Vec<Env>>,
    /// What backups are told. `None`: none are made.
    pub(crate) backup: Option<Backup>,
    /// Whether a migration removes what an earlier release needs.
    pub(crate) contract: bool,
}

impl<'a> Plan<'a> {
    /// Places an application in an environment.
    ///
    /// # Errors
    ///
    /// Everything that keeps it from being rendered.
    pub(crate) fn new(
        app: &'a App,
        profile: &'a Profile,
        image: Option<&str>,
    ) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let prefix = placement::prefix(app, &mut mistakes);
        let placed = Placed::new(app, profile);
        let services = service::all(app, profile, &placed, &mut mistakes);
        let kafka = env::kafka(app, profile, &mut mistakes);
        let relay = env::relay(app, profile, kafka.is_some(), &mut mistakes);
        let migrate = env::migrate(app, profile, &mut mistakes);
        let backup = env::backup(app, profile, &mut mistakes);
        env::check(app, profile, &mut mistakes);
        neighbours::check(app, &placed, &mut mistakes);
        placement::check(app, profile, kafka.is_some(), &mut mistakes);
        let image = image.or(profile.image.as_deref());
        if image.is_none() {
            let remedy =
                "no image is named: add `image = \"registry.example.com/app\"`, or give `--image`";
            mistakes.add(&profile.path, "image", remedy);
        }
        if profile.spin.enabled && profile.spin.artifact.is_none() {
            let remedy = "nobody says what Spin is to run: add `artifact = \"registry.example.com/app:spin\"`, \
                          or give `--artifact`; `spindrift build --format spin` makes it";
            mistakes.add(&profile.path, "spin.artifact", remedy);
        }
        mistakes.finish()?;
        Ok(Self {
            prefix,
            image: image.unwrap_or_default().to_owned(),
            services,
            routed: placed.routed,
            called: placed.called,
            kafka,
            relay,
            migrate,
            backup,
            contract: has_contract(app),
            app,
            profile,
        })
    }

    /// The name of an object of the application.
    pub(crate) fn name(&self, of: &str) -> String {
        format!("{}-{of}", self.prefix)
    }

    /// Where a service answers inside of the cluster.
    pub(crate) fn local_host(&self, service: &str) -> String {
        format!(
            "{}.{}.svc.cluster.local",
            self.name(service),
            self.profile.namespace
        )
    }

    /// Whether requests come by the edge.
    pub(crate) fn has_edge(&self) -> bool {
        self.profile.routing.mode == RoutingMode::Edge && !self.routed.is_empty()
    }
}
