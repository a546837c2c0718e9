//! Manifests, and what Spin makes of them.

use proptest::prelude::*;
use spindrift_manifest::{Checks, load, load_locked};
use spindrift_test_fuzz::{config, files, inputs, lines};

const WORDS: &[&str] = &[
    "[",
    "]",
    "[[",
    "{{",
    "}}",
    "\"",
    "'''",
    "=",
    "#",
    "\n",
    "trigger",
    "component",
    "variables",
    "spin_manifest_version = 1",
    "[[component]]",
    "limits",
    "9223372036854775808",
    "-1",
    "\u{0}",
    "route = \"/...\"",
    "schedule = \"* * * * *\"",
    "files = [\"**\"]",
];

const MEMBERS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    "null",
    "1e999",
    "\\ud800",
    "\"source\":",
    "\"dependencies\":{\"x\":1}",
    "\"host_requirements\":{\"x\":\"required\"}",
    "%00",
    "file:///",
    ".spin.internal",
];

fn manifests() -> Vec<Vec<u8>> {
    files(&[
        "spin.toml",
        "examples/*/spin.toml",
        "tests/guests/spin.toml",
        "triggers/manifest/tests/good/spin.toml",
        "triggers/manifest/tests/old/spin.toml",
    ])
}

proptest! {
    #![proptest_config(config())]

    /// Whatever it is, it is an application, or has at least one mistake with a place.
    #[test]
    fn a_manifest_is_read_or_its_mistakes_are_told(bytes in inputs(manifests(), WORDS)) {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("spin.toml"), &bytes)?;
        if let Err(mistakes) = load(folder.path(), &Checks::default()) {
            prop_assert!(mistakes.to_string().contains("spin.toml"));
        }
    }

    /// The same of locked applications.
    #[test]
    fn a_locked_application_is_read_or_its_mistakes_are_told(
        bytes in inputs(lines("locked.txt"), MEMBERS),
    ) {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("spin.lock");
        std::fs::write(&path, &bytes)?;
        if let Err(mistakes) = load_locked(&path, folder.path(), "cron", &Checks::default()) {
            prop_assert!(mistakes.to_string().contains("spin.lock"));
        }
    }
}
