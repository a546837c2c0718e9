//! `spindrift smoke`

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bytes::Bytes;
use http::header::USER_AGENT;
use http::{Request, StatusCode, Uri};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::args::SmokeArgs;
use crate::logging;
use crate::report::say;

/// How long one attempt may take, a start from nothing included.
const ATTEMPT: Duration = Duration::from_secs(30);

/// How soon the next one follows.
const PAUSE: Duration = Duration::from_millis(250);

type Http = Client<HttpConnector, Empty<Bytes>>;

/// How an address answered.
enum Answer {
    Well(StatusCode),
    /// It may still come.
    NotYet(String),
    Bad(String),
}

/// Asks all addresses at once, and says of each how it answered.
pub(super) async fn run(args: SmokeArgs) -> Result<ExitCode> {
    logging::start(&args.output)?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let asked: Vec<_> = args
        .urls
        .into_iter()
        .map(|url| {
            (
                url.clone(),
                tokio::spawn(ask(client.clone(), url, args.timeout)),
            )
        })
        .collect();
    let (all, mut bad) = (asked.len(), Vec::new());
    for (url, answer) in asked {
        match answer.await? {
            Ok(said) => say(&format!("ok   {url}  {said}")),
            Err(why) => {
                say(&format!("bad  {url}  {why}"));
                bad.push(format!("{url}: {why}"));
            }
        }
    }
    if !bad.is_empty() {
        let count = bad.len();
        bail!(
            "{count} of {all} addresses did not answer well:\n{}",
            bad.join("\n")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks until the answer is well, or bad for good.
async fn ask(client: Http, url: Uri, patience: Duration) -> Result<String, String> {
    let began = Instant::now();
    loop {
        let left = patience.saturating_sub(began.elapsed());
        let answer = once(&client, &url, left.min(ATTEMPT)).await;
        let seconds = began.elapsed().as_secs_f64();
        match answer {
            Answer::Well(status) => return Ok(format!("{status} after {seconds:.2} s")),
            Answer::Bad(why) => return Err(why),
            Answer::NotYet(why) if began.elapsed() + PAUSE >= patience => {
                return Err(format!("still {why} after {seconds:.0} s"));
            }
            Answer::NotYet(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn once(client: &Http, url: &Uri, patience: Duration) -> Answer {
    let agent = concat!("spindrift-smoke/", env!("CARGO_PKG_VERSION"));
    let request = Request::get(url).header(USER_AGENT, agent);
    let request = match request.body(Empty::new()) {
        Ok(request) => request,
        Err(error) => return Answer::Bad(error.to_string()),
    };
    match tokio::time::timeout(patience, client.request(request)).await {
        Ok(Ok(response)) => judge(response.status()),
        Ok(Err(error)) => {
            let error = anyhow::Error::new(error);
            Answer::NotYet(format!("no answer ({})", error.root_cause()))
        }
        Err(_) => Answer::NotYet(format!("no answer in {} s", patience.as_secs())),
    }
}

fn judge(status: StatusCode) -> Answer {
    match status {
        _ if status.is_success() || status.is_redirection() => Answer::Well(status),
        StatusCode::NOT_FOUND => Answer::NotYet(status.to_string()),
        _ if status.is_server_error() => Answer::NotYet(status.to_string()),
        _ => Answer::Bad(status.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_well_or_may_still_come_or_is_bad() {
        let of = |code| judge(StatusCode::from_u16(code).unwrap());
        for code in [200, 204, 301, 304] {
            assert!(matches!(of(code), Answer::Well(_)), "{code}");
        }
        for code in [404, 500, 503] {
            assert!(matches!(of(code), Answer::NotYet(_)), "{code}");
        }
        for code in [400, 401, 403, 405, 429] {
            assert!(matches!(of(code), Answer::Bad(_)), "{code}");
        }
    }
}
