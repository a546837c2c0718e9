//! The application itself.

use spindrift_manifest::{Checks, load};

use super::Finding;
use crate::args::AppArgs;

/// What was found out about the application.
pub(super) struct Application {
    pub(super) findings: Vec<Finding>,
    /// Whether there is something to build before it can be served.
    pub(super) must_build: bool,
}

pub(super) fn check(args: &AppArgs) -> Application {
    let app = match load(&args.from, &Checks::default()) {
        Ok(app) => app,
        Err(mistakes) => {
            return Application {
                findings: vec![Finding::fail("manifest", mistakes.to_string())],
                must_build: true,
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
    let missing: Vec<&str> = app
        .components
        .values()
        .filter(|component| !component.source.is_file())
        .map(|component| component.id.as_str())
        .collect();
    let sources = if missing.is_empty() {
        match load(
            &args.from,
            &Checks {
                sources: true,
                provided: None,
            },
        ) {
            Ok(_) => Finding::ok("functions", "built"),
            Err(mistakes) => Finding::fail("functions", mistakes.to_string()),
        }
    } else {
        let text = format!(
            "not built yet: {}; `spindrift build` or `spindrift up --build` builds them",
            missing.join(", ")
        );
        Finding::warn("functions", text)
    };
    Application {
        findings: vec![manifest, sources],
        must_build: !missing.is_empty(),
    }
}
