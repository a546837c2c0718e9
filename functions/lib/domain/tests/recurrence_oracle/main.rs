//! Compares recurrence with python-dateutil, an independent implementation, in
//! thousands of generated cases. Needs `python3` with dateutil (scripts/setup
//! test); without them the tests are skipped, which fails with CI=true.

mod case;
mod generate;
mod python;
mod random;

use std::sync::LazyLock;

use case::{Answer, Case};

const SEED: u64 = 5545;
const CASES: usize = 12_000;

/// The cases with the oracle's answers, which is asked once. `None`: skipped.
static ANSWERED: LazyLock<Option<Vec<(Case, Answer)>>> = LazyLock::new(|| {
    let cases = generate::cases(SEED, CASES);
    match python::answers(&cases).expect("the oracle answers") {
        Ok(answers) => Some(cases.into_iter().zip(answers).collect()),
        Err(why) => {
            let on_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!on_ci, "CI=true, and the oracle can't be asked: {why}");
            println!("skipped: {why}; scripts/setup test installs it");
            None
        }
    }
});

/// The cases that `expand` answers otherwise than the oracle.
fn disagreements(expand: impl Fn(&Case) -> Answer) -> Vec<String> {
    let answered = ANSWERED.as_deref().unwrap_or_default();
    let wrong = answered.iter().filter_map(|(case, expected)| {
        let got = expand(case);
        (got != *expected).then(|| format!("{case:?}\n  ours {got:?}\n  dateutil {expected:?}"))
    });
    wrong.collect()
}

#[test]
fn every_case_is_expanded_as_dateutil_does() {
    println!("seed {SEED}, {CASES} cases");
    let wrong = disagreements(Case::expand);
    let first: Vec<_> = wrong.iter().take(5).map(String::as_str).collect();
    assert!(
        wrong.is_empty(),
        "{} disagree:\n{}",
        wrong.len(),
        first.join("\n")
    );
}
