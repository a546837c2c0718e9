//! Before anything is measured: do the sides do the same?

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::database::Database;
use crate::load::Requests;
use crate::side::{Running, Side};
use crate::sides::STATEMENTS;

/// The headers that belong to an answer itself.
const COMPARED: [&str; 4] = [
    "content-type",
    "cache-control",
    "etag",
    "x-content-type-options",
];

/// An answer, to be compared.
#[derive(Debug, PartialEq, Eq)]
struct Answered {
    status: StatusCode,
    headers: Vec<Option<String>>,
    body: String,
}

async fn ask(request: RequestBuilder) -> Result<Answered> {
    let response = request.send().await?;
    let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    Ok(Answered {
        status: response.status(),
        headers: COMPARED.into_iter().map(header).collect(),
        body: response.text().await?,
    })
}

/// Checks that all sides give one answer to these requests.
pub(crate) async fn same_answer(sides: &[Running], requests: &Requests) -> Result<()> {
    let client = Client::new();
    let body = requests.body.as_ref().map(fs::read).transpose()?;
    let mut first: Option<(&str, Answered)> = None;
    for side in sides {
        let url = format!("{}{}", side.base(), requests.path);
        let request = match &body {
            Some(body) => client.post(url).body(body.clone()),
            None => client.get(url),
        };
        let answer = ask(request).await?;
        ensure!(
            answer.status == StatusCode::OK,
            "{} answers {answer:?}",
            side.name
        );
        match &first {
            None => first = Some((side.name, answer)),
            Some((name, expected)) => ensure!(
                answer.body == expected.body,
                "{} answers {} bytes that differ from the {} of {name}: {:.200} and {:.200}",
                side.name,
                answer.body.len(),
                expected.body.len(),
                answer.body,
                expected.body
            ),
        }
    }
    Ok(())
}

/// Checks that all sides create and list with one status and one shape of answer:
/// for a peer that is written otherwise, with statements of its own.
pub(crate) async fn same_shape(
    sides: &[Running],
    database: &Database,
    path: &str,
    body: &'static str,
) -> Result<()> {
    let client = Client::new();
    let token = database.tokens.first().context("no tokens")?;
    let mut first = None;
    for side in sides {
        let url = format!("{}{path}", side.base());
        let list = ask(client.get(&url).bearer_auth(token)).await?;
        let post = client
            .post(&url)
            .bearer_auth(token)
            .header("content-type", "application/json")
            .body(body);
        let created = ask(post).await?;
        let shape = (list.status, keys(&list)?, created.status, keys(&created)?);
        match &first {
            None => first = Some((side.name, shape)),
            Some((name, expected)) => ensure!(
                shape == *expected,
                "{} answers {shape:?}, but {name} {expected:?}",
                side.name
            ),
        }
    }
    Ok(())
}

/// What a side answered to one GET and one POST, and what it sent to the database.
struct Work {
    side: &'static str,
    list: Answered,
    created: Answered,
    statements: Vec<String>,
}

/// Checks that both sides answer alike and send the same statements in the same
/// order: the first side's are written down for the others ([`STATEMENTS`]). Starts
/// and stops the sides. Answers how many statements there are.
pub(crate) async fn same_work(
    sides: &[Side],
    database: &Database,
    logs: &Path,
    path: &'static str,
    body: &'static str,
) -> Result<usize> {
    database.seed().await?;
    database.log_statements(true).await?;
    let mut works: Vec<Work> = Vec::new();
    for side in sides {
        let work = work(side, database, logs, path, body)
            .await
            .with_context(|| side.name)?;
        if works.is_empty() {
            fs::write(logs.join(STATEMENTS), work.statements.join("\n"))?;
        }
        works.push(work);
    }
    database.log_statements(false).await?;
    let (first, others) = works.split_first().context("no sides")?;
    ensure!(
        first.list.status == StatusCode::OK && first.created.status == StatusCode::CREATED,
        "{} answers {:?} and {:?}",
        first.side,
        first.list,
        first.created
    );
    ensure!(
        !first.statements.is_empty(),
        "{} sends no prepared statements",
        first.side
    );
    for other in others {
        let names = format!("{} and {}", first.side, other.side);
        ensure!(
            first.list == other.list,
            "{names} list differently: {:?}, {:?}",
            first.list,
            other.list
        );
        ensure!(
            (
                first.created.status,
                &first.created.headers,
                keys(&first.created)?
            ) == (
                other.created.status,
                &other.created.headers,
                keys(&other.created)?
            ),
            "{names} create differently: {:?}, {:?}",
            first.created,
            other.created
        );
        ensure!(
            first.statements == other.statements,
            "{names} send different statements: {:#?}, {:#?}",
            first.statements,
            other.statements
        );
    }
    Ok(first.statements.len())
}

async fn work(
    side: &Side,
    database: &Database,
    logs: &Path,
    path: &'static str,
    body: &'static str,
) -> Result<Work> {
    let running = side.start(logs, path).await?;
    let url = format!("{}{path}", running.base());
    let client = Client::new();
    let token = database.tokens.first().context("no tokens")?;
    let from = database.log_end()?;
    let list = ask(client.get(&url).bearer_auth(token)).await?;
    // Another person's: the first one's list stays as it is for the next side.
    let token = database.tokens.last().context("no tokens")?;
    let post = client
        .post(&url)
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(body);
    let created = ask(post).await?;
    // The server has logged a statement before it answers it.
    let statements = database.statements_since(from)?;
    running.stop().await?;
    Ok(Work {
        side: side.name,
        list,
        created,
        statements,
    })
}

/// The names of the members of a JSON object.
fn keys(answer: &Answered) -> Result<BTreeSet<String>> {
    let value: Value = serde_json::from_str(&answer.body).context("not JSON")?;
    Ok(value
        .as_object()
        .context("not an object")?
        .keys()
        .cloned()
        .collect())
}
