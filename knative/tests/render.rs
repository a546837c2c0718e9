//! What the profiles of the repository make of its applications.

use std::path::{Path, PathBuf};

use spindrift_knative::{Profile, Release, render};
use spindrift_manifest::{App, Checks};
use spindrift_test_kube::schemas;

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

#[test]
fn every_object_is_one_that_kubernetes_and_the_operators_take() {
    for profile in ["budget", "staging", "production"] {
        for object in &release(profile).objects {
            for kubernetes in ["1.31", "1.32", "1.33", "1.34"] {
                let violations = schemas::check(&object.value, kubernetes);
                let name = format!("{profile}: {} {}", object.kind(), object.name());
                assert!(violations.is_empty(), "{name}: {violations:#?}");
            }
        }
    }
}
