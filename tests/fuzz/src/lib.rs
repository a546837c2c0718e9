//! Input that is nearly right: seeds, each changed at a few places.
//!
//! `make test` tries some thousand of each kind; `FUZZ_CASES=1000000 cargo test --release
//! -p spindrift-test-fuzz` as many as there is time for. A seed is a file or a line of one
//! in `corpus/`; what once went wrong is added there.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;

/// How much is tried.
pub fn config() -> ProptestConfig {
    let cases = std::env::var("FUZZ_CASES").ok();
    ProptestConfig {
        cases: cases.and_then(|cases| cases.parse().ok()).unwrap_or(2000),
        // What went wrong becomes a seed.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The repository's root.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files that globs find below the repository's root.
pub fn files(patterns: &[&str]) -> Vec<Vec<u8>> {
    let root = workspace();
    let found = patterns.iter().filter_map(|pattern| {
        let pattern = root.join(pattern).display().to_string();
        glob::glob(&pattern).ok()
    });
    let found = found.flatten().filter_map(Result::ok);
    found.filter_map(|file| fs::read(file).ok()).collect()
}

/// The lines of a file in `corpus/`.
pub fn lines(name: &str) -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let text = fs::read(file).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    lines.map(<[u8]>::to_vec).collect()
}

/// A change. Places are shares of what is there, so that each is one.
#[derive(Clone, Debug)]
enum Change {
    /// Another byte.
    Replace(Index, u8),
    /// Bytes that were not there.
    Insert(Index, Vec<u8>),
    /// Bytes that were.
    Remove(Index, Index),
    /// A piece, once more.
    Repeat(Index, Index, usize),
    /// The end of another seed.
    Splice(Index, Index, Index),
}

/// Seeds as they are, and with a few changes; `words` are put in now and then.
///
/// # Panics
///
/// There is no seed.
pub fn inputs(
    seeds: Vec<Vec<u8>>,
    words: &'static [&'static str],
) -> impl Strategy<Value = Vec<u8>> {
    assert!(!seeds.is_empty(), "a corpus without seeds");
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..8),
        prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec()),
    ];
    let place = any::<Index>;
    let change = prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (place(), piece).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (place(), place()).prop_map(|(from, to)| Change::Remove(from, to)),
        (place(), place(), 1_usize..50)
            .prop_map(|(from, to, times)| Change::Repeat(from, to, times)),
        (place(), place(), place()).prop_map(|(other, from, to)| Change::Splice(other, from, to)),
    ];
    let changes = prop::collection::vec(change, 0..5);
    (any::<Index>(), changes).prop_map(move |(seed, changes)| {
        let mut bytes = seed.get(&seeds).clone();
        for change in changes {
            apply(&mut bytes, &seeds, &change);
        }
        bytes
    })
}

/// The longest that repetition makes of anything.
const LONGEST: usize = 64 << 10;

fn apply(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], change: &Change) {
    let place = |index: &Index, length: usize| index.index(length + 1);
    let length = bytes.len();
    let range = |from: &Index, to: &Index| {
        let (from, to) = (place(from, length), place(to, length));
        from.min(to)..from.max(to)
    };
    match change {
        Change::Replace(at, byte) => {
            if let Some(old) = bytes.get_mut(place(at, length)) {
                *old = *byte;
            }
        }
        Change::Insert(at, more) => {
            let at = place(at, length);
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Remove(from, to) => drop(bytes.drain(range(from, to))),
        Change::Repeat(from, to, times) => {
            let range = range(from, to);
            let piece = bytes[range.clone()].repeat(*times);
            if length + piece.len() <= LONGEST {
                bytes.splice(range.end..range.end, piece);
            }
        }
        Change::Splice(other, from, to) => {
            let other = other.get(seeds);
            bytes.truncate(place(from, length));
            bytes.extend_from_slice(&other[place(to, other.len())..]);
        }
    }
}
