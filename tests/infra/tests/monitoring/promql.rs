//! Which metrics and labels a query uses. Whether it is a query at all is promtool's to
//! say: `infra/monitoring/check`.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};

use crate::catalog::Catalog;

/// A selector.
#[derive(Debug)]
pub(crate) struct Selector {
    pub(crate) metric: String,
    /// Label, operator, value.
    pub(crate) matchers: Vec<(String, String, String)>,
}

/// What a query uses.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    pub(crate) selectors: Vec<Selector>,
    /// Labels that it groups and joins by, or copies.
    pub(crate) labels: BTreeSet<String>,
    /// Labels that it makes.
    pub(crate) made: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// Followed by a list of labels.
const LISTS: [&str; 6] = [
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
];
/// Neither metrics nor functions.
const KEYWORDS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];
/// May be followed by `by` before their parenthesis.
const AGGREGATIONS: [&str; 8] = [
    "avg", "bottomk", "count", "group", "max", "min", "sum", "topk",
];

/// Reads a query, Grafana's variables included.
pub(crate) fn uses(query: &str) -> anyhow::Result<Uses> {
    let tokens = tokens(query)?;
    let mut uses = Uses::default();
    let mut texts = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Word(word) if LISTS.contains(&word.as_str()) => {
                if tokens.get(at) == Some(&Token::Sign('(')) {
                    let inside = inside(&tokens[at..], ')')?;
                    at += inside.len() + 2;
                    let words = inside.iter().filter_map(|token| match token {
                        Token::Word(word) => Some(word.clone()),
                        _ => None,
                    });
                    uses.labels.extend(words);
                }
            }
            Token::Word(word)
                if KEYWORDS.contains(&word.as_str())
                    || AGGREGATIONS.contains(&word.as_str())
                    || tokens.get(at) == Some(&Token::Sign('(')) => {}
            Token::Word(metric) => {
                let mut selector = Selector {
                    metric: metric.clone(),
                    matchers: Vec::new(),
                };
                if tokens.get(at) == Some(&Token::Sign('{')) {
                    let inside = inside(&tokens[at..], '}')?;
                    at += inside.len() + 2;
                    selector.matchers = matchers(inside)?;
                }
                uses.selectors.push(selector);
            }
            Token::Text(text) => texts.push(text.clone()),
            Token::Sign('{') => bail!("{query:?} has a selector without a metric"),
            Token::Sign(_) => {}
        }
    }
    // The only texts outside of braces are those of label_replace(v, dst, $, src, regex).
    for replaced in texts.chunks(4) {
        let [made, _, from, _] = replaced else {
            bail!("{query:?} has texts that are not label_replace's")
        };
        uses.made.insert(made.clone());
        uses.labels.insert(from.clone());
    }
    Ok(uses)
}

/// What of a query is not in the catalog.
pub(crate) fn problems(query: &str, catalog: &Catalog) -> anyhow::Result<Vec<String>> {
    let uses = uses(query)?;
    let mut problems = Vec::new();
    let mut known = uses.made.clone();
    for selector in &uses.selectors {
        let metric = &selector.metric;
        let Some(series) = catalog.get(metric) else {
            problems.push(format!("there is no metric {metric}"));
            continue;
        };
        known.extend(series.labels.iter().cloned());
        for (label, operator, value) in &selector.matchers {
            if !series.labels.contains(label) {
                problems.push(format!("{metric} has no label {label}"));
            }
            if label == "le" && operator == "=" && !series.buckets.contains(value) {
                problems.push(format!("{metric} has no bucket {value}"));
            }
        }
    }
    let unknown = uses.labels.iter().filter(|label| !known.contains(*label));
    problems.extend(unknown.map(|label| format!("nothing in it has the label {label}")));
    Ok(problems)
}

/// The tokens between the first one and the `end` that closes it.
fn inside(tokens: &[Token], end: char) -> anyhow::Result<&[Token]> {
    let close = tokens.iter().position(|token| *token == Token::Sign(end));
    let close = close.with_context(|| format!("a {end} is missing"))?;
    Ok(&tokens[1..close])
}

fn matchers(tokens: &[Token]) -> anyhow::Result<Vec<(String, String, String)>> {
    let mut found = Vec::new();
    for matcher in tokens.split(|token| *token == Token::Sign(',')) {
        let [Token::Word(label), signs @ .., Token::Text(value)] = matcher else {
            bail!("{matcher:?} is no matcher")
        };
        let operator = signs.iter().map(|sign| match sign {
            Token::Sign(sign) => *sign,
            _ => ' ',
        });
        found.push((label.clone(), operator.collect(), value.clone()));
    }
    Ok(found)
}

fn tokens(query: &str) -> anyhow::Result<Vec<Token>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let end = rest[1..].find('"');
                let end = end.with_context(|| format!("{query:?} has a text without an end"))?;
                tokens.push(Token::Text(rest[1..=end].to_owned()));
                end + 2
            }
            // Ranges: what is in them is a time, or Grafana's.
            '[' => rest.find(']').context("a ] is missing")? + 1,
            '$' | '0'..='9' => {
                let end = rest[1..].find(|c: char| !is_word(c) && c != '.');
                end.map_or(rest.len(), |end| end + 1)
            }
            first if is_word(first) => {
                let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            first if first.is_whitespace() => first.len_utf8(),
            first => {
                ensure!(first.is_ascii(), "{first} does not belong into {query:?}");
                tokens.push(Token::Sign(first));
                1
            }
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}
