//! Scripts of this repository, and what two of them are told.

use std::os::unix::fs::PermissionsExt;

use spindrift_test_infra::repository;

/// What is wrong with a script that is to be run.
pub(crate) fn executable(path: &str) -> Option<String> {
    let Ok(file) = std::fs::metadata(repository().join(path)) else {
        return Some(format!("{path} is not there"));
    };
    let runs = file.is_file() && file.permissions().mode() & 0o111 != 0;
    (!runs).then(|| format!("{path} cannot be run"))
}

/// A profile or step that `infra/up` or `infra/platform/apply` does not have.
pub(crate) fn platform(path: &str, arguments: &[String]) -> Vec<String> {
    if !["infra/up", "infra/platform/apply"].contains(&path) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut before = "";
    for word in arguments {
        // A step's folder has a number before its name, for the order.
        let (kind, place) = match before {
            "--only" | "--with" => ("step", format!("infra/platform/steps/[0-9]*-{word}")),
            _ => ("profile", format!("infra/platform/profiles/{word}.toml")),
        };
        let pattern = repository().join(place);
        let there =
            glob::glob(&pattern.to_string_lossy()).is_ok_and(|mut found| found.next().is_some());
        let stands_for_one = word.starts_with(['$', '-']) || word == "PROFILE" || word == "STEP";
        if !stands_for_one && !there {
            problems.push(format!("{path} has no {kind} {word}"));
        }
        before = word;
    }
    problems
}
