//! A basket of goods is read, and what it costs is answered. The native peer of the
//! benchmark does it with this same file.

use serde::{Deserialize, Serialize};

/// What is bought.
#[derive(Deserialize)]
struct Basket<'a> {
    customer: &'a str,
    #[serde(borrow)]
    lines: Vec<Line<'a>>,
}

#[derive(Deserialize)]
struct Line<'a> {
    article: &'a str,
    count: u32,
    /// Of one, in cents.
    price: u32,
}

/// What is to be paid.
#[derive(Serialize)]
struct Bill<'a> {
    customer: &'a str,
    articles: u32,
    dearest: Option<&'a str>,
    /// In cents.
    total: u64,
}

/// The bill for a basket, both in JSON.
pub(crate) fn bill(basket: &[u8]) -> serde_json::Result<Vec<u8>> {
    let Basket { customer, lines } = serde_json::from_slice(basket)?;
    serde_json::to_vec(&Bill {
        customer,
        articles: lines.iter().map(|line| line.count).sum(),
        dearest: lines
            .iter()
            .max_by_key(|line| line.price)
            .map(|line| line.article),
        total: lines
            .iter()
            .map(|line| u64::from(line.count) * u64::from(line.price))
            .sum(),
    })
}
