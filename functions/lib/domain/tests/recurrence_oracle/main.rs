//! Compares recurrence with python-dateutil, an independent implementation, in
//! thousands of generated cases. Needs `python3` with dateutil (scripts/setup
//! test); without them the tests are skipped, which fails with CI=true.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

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

/// The cases with our answers.
static OURS: LazyLock<Vec<(Case, Answer)>> = LazyLock::new(|| {
    let cases = generate::cases(SEED, CASES).into_iter();
    cases.map(|case| (case.clone(), case.expand())).collect()
});

/// What the oracle says, which is asked once, or why it can't be.
static THEIRS: LazyLock<Result<Vec<Answer>, String>> = LazyLock::new(|| {
    let cases = generate::cases(SEED, CASES);
    let answers = python::answers(&cases).expect("the oracle answers");
    let on_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    match answers {
        Err(why) if on_ci => panic!("CI=true, and the oracle can't be asked: {why}"),
        answers => answers,
    }
});

/// The cases where what `answer` makes of ours is not what the oracle says.
fn disagreements(theirs: &[Answer], answer: impl Fn(&Case, Answer) -> Answer) -> Vec<String> {
    let wrong = OURS
        .iter()
        .zip(theirs)
        .filter_map(|((case, ours), expected)| {
            let got = answer(case, ours.clone());
            (got != *expected).then(|| format!("{case:?}\n  ours {got:?}\n  dateutil {expected:?}"))
        });
    wrong.collect()
}

#[test]
fn every_case_is_expanded_as_dateutil_does() {
    println!("seed {SEED}, {CASES} cases");
    let theirs = match &*THEIRS {
        Ok(theirs) => theirs,
        Err(why) => return println!("skipped: {why}; scripts/setup test installs it"),
    };
    let wrong = disagreements(theirs, |_, ours| ours);
    let first: Vec<_> = wrong.iter().take(5).map(String::as_str).collect();
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} disagree:\n{}", first.join("\n"));
}

#[test]
fn a_planted_mistake_is_seen() {
    let theirs = match &*THEIRS {
        Ok(theirs) => theirs,
        Err(why) => return println!("skipped: {why}; scripts/setup test installs it"),
    };
    for (name, mistaken) in planted::MISTAKES {
        let seen = disagreements(theirs, mistaken);
        println!("{name}: seen in {} cases", seen.len());
        assert!(!seen.is_empty(), "{name} was not seen");
    }
}

#[test]
fn the_cases_have_every_kind_of_difficulty() {
    let having = |part: &str| {
        let has = |case: &Case| case.rrule.as_ref().is_some_and(|rule| rule.contains(part));
        OURS.iter().filter(|(case, _)| has(case)).count()
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
        let count = OURS
            .iter()
            .filter(|(case, answer)| is_there(case, answer))
            .count();
        println!("{difficulty}: {count} cases");
        assert!(count > 50, "{difficulty}: {count}");
    }
}
