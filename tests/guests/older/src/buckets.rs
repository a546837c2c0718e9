//! `wasi:keyvalue`, by the bindings that the kit has of it.

use std::fmt::Debug;

use spin_sdk::wit::wasi::keyvalue::atomics::{self, Cas, CasError};
use spin_sdk::wit::wasi::keyvalue::batch as many;
use spin_sdk::wit::wasi::keyvalue::store::{self, Bucket};

type Outcome = Result<String, String>;

/// A key of a bucket.
pub(crate) fn read(identifier: &str, key: &str) -> Outcome {
    let bucket = store::open(identifier).map_err(words)?;
    let value = bucket.get(key).map_err(words)?;
    Ok(format!("{:?}", text(value)))
}

/// Adds to a number.
pub(crate) fn increment(delta: &str) -> Outcome {
    let delta = delta.parse::<i64>().map_err(words)?;
    let sum = atomics::increment(&default()?, "sum", delta).map_err(words)?;
    Ok(sum.to_string())
}

/// Two swaps that were begun together, and a third by the one that came too late. The
/// answer is what each found.
pub(crate) fn swap() -> Outcome {
    let bucket = default()?;
    let one = Cas::new(&bucket, "swapped").map_err(words)?;
    let other = Cas::new(&bucket, "swapped").map_err(words)?;
    let before = one.current().map_err(words)?;
    atomics::swap(one, b"one").map_err(words)?;
    let again = match atomics::swap(other, b"other") {
        Err(CasError::CasFailed(again)) => again,
        ended => return Err(format!("came too late, and was not told: {ended:?}")),
    };
    let between = again.current().map_err(words)?;
    atomics::swap(again, b"again").map_err(words)?;
    let after = bucket.get("swapped").map_err(words)?;
    let found = [before, between, after].map(text);
    Ok(format!("{found:?}"))
}

/// Writes, deletes and reads several keys at once.
pub(crate) fn batch() -> Outcome {
    let bucket = default()?;
    let [a, b, c] = ["a", "b", "c"].map(str::to_owned);
    let entries = [(a.clone(), b"1".to_vec()), (b.clone(), b"2".to_vec())];
    many::set_many(&bucket, &entries).map_err(words)?;
    many::delete_many(&bucket, &[b.clone(), c]).map_err(words)?;
    let found = many::get_many(&bucket, &[a, b]).map_err(words)?;
    Ok(format!("{found:?}"))
}

/// Writes more keys than a page has, and answers how many each page has.
pub(crate) fn pages() -> Outcome {
    let bucket = default()?;
    let entries: Vec<(String, Vec<u8>)> =
        (0..10_001).map(|n| (n.to_string(), Vec::new())).collect();
    many::set_many(&bucket, &entries).map_err(words)?;
    let mut sizes = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = bucket.list_keys(cursor.as_deref()).map_err(words)?;
        sizes.push(page.keys.len());
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(format!("{sizes:?}"));
        }
    }
}

fn default() -> Result<Bucket, String> {
    store::open("default").map_err(words)
}

fn text(value: Option<Vec<u8>>) -> Option<String> {
    value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn words(error: impl Debug) -> String {
    format!("{error:?}")
}
