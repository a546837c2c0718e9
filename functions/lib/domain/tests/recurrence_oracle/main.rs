//! Compares recurrence with python-dateutil, an independent implementation, in
//! thousands of generated cases. Needs `python3` with dateutil (scripts/setup
//! test); without them the tests are skipped, which fails with CI=true.

mod case;
mod difficulty;
mod generate;
mod planted;
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

#[test]
fn a_planted_mistake_is_seen() {
    if ANSWERED.is_none() {
        return;
    }
    for (name, mistaken) in planted::MISTAKES {
        let seen = disagreements(|case| mistaken(case));
        println!("{name}: seen in {} cases", seen.len());
        assert!(!seen.is_empty(), "{name} was not seen");
    }
}

#[test]
fn the_cases_have_every_kind_of_difficulty() {
    let cases = generate::cases(SEED, CASES);
    let having = |part: &str| {
        let has = |case: &&Case| case.rrule.as_ref().is_some_and(|rule| rule.contains(part));
        cases.iter().filter(has).count()
    };
    for part in [
        "BYDAY=-",
        "BYMONTHDAY=-",
        "BYSETPOS",
        "BYMONTH=",
        "COUNT",
        "UNTIL",
        "WKST",
    ] {
        assert!(having(part) > 300, "{part}: {}", having(part));
    }
    for (difficulty, is_there) in difficulty::KINDS {
        let count = cases.iter().filter(|case| is_there(case)).count();
        println!("{difficulty}: {count} cases");
        assert!(count > 50, "{difficulty}: {count}");
    }
}
