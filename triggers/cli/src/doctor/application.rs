//! The application itself.

use spindrift_manifest::{Checks, Component, load};

use super::Finding;
use crate::args::AppArgs;

/// What was found out about the application.
pub(super) struct Application {
    pub(super) findings: Vec<Finding>,
    /// The commands that build what is not built yet. `None`: the manifest does not say.
    pub(super) commands: Option<Vec<String>>,
}

pub(super) fn check(args: &AppArgs) -> Application {
    let checks = |sources| Checks {
        sources,
        fetched: args.fetched(),
        ..Checks::default()
    };
    let app = match load(&args.from, &checks(false)) {
        Ok(app) => app,
        Err(mistakes) => {
            return Application {
                findings: vec![Finding::fail("manifest", mistakes.to_string())],
                commands: None,
            };
        }
    };
    let manifest = Finding::ok(
        "manifest",
        format!(
            "{}: {} with {} components",
            app.manifest.display(),
            app.name,
            app.components.len()
        ),
    );
    let components = app.components.values();
    let missing: Vec<&Component> = components
        .filter(|component| !component.source.is_file())
        .collect();
    let sources = if missing.is_empty() {
        match load(&args.from, &checks(true)) {
            Ok(_) => Finding::ok("functions", "built"),
            Err(mistakes) => Finding::fail("functions", mistakes.to_string()),
        }
    } else {
        let ids: Vec<&str> = missing
            .iter()
            .map(|component| component.id.as_str())
            .collect();
        let text = format!(
            "not built yet: {}; `spindrift build` or `spindrift up --build` builds them",
            ids.join(", ")
        );
        Finding::warn("functions", text)
    };
    let builds = missing
        .iter()
        .filter_map(|component| component.build.as_ref());
    let commands = builds.flat_map(|build| build.commands.clone()).collect();
    Application {
        findings: vec![manifest, sources],
        commands: Some(commands),
    }
}
