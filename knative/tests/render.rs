//! What the profiles of the repository make of its applications.

use std::path::{Path, PathBuf};

use spindrift_knative::{Profile, Release, render};
use spindrift_manifest::{App, Checks};

/// The image of all tests.
const IMAGE: &str = "registry.example.com/todo@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn app(folder: &str) -> App {
    spindrift_manifest::load(&repository().join(folder), &Checks::default()).unwrap()
}

fn release(profile: &str) -> Release {
    let path = repository().join(format!("knative/profiles/{profile}.toml"));
    let profile = Profile::load(&path).unwrap_or_else(|error| panic!("{error}"));
    Release::new(&app("."), &profile, Some(IMAGE)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_profile_renders_the_whole_application() {
    for profile in ["budget", "staging", "production"] {
        let release = release(profile);
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(profile, render::stream(&release)));
    }
}
