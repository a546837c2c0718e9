//! A server that databases are on: requests to it, each within its time.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;

use super::hrana::{self, Answer};
use super::place::SqliteServer;
use crate::bindings::spin::sqlite::sqlite::Error;

/// How long connecting to an address may take.
const CONNECTING: Duration = Duration::from_secs(5);

/// How long a statement may take, its way included. The function's own time ends it sooner.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a connection may wait for its next request. Shorter than servers wait.
const IDLE: Duration = Duration::from_secs(15);

/// Bytes of an answer, which is in memory whole.
const ANSWER: usize = 64 << 20;

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The server of a label. Its connections are for all functions, one request at a time:
/// what a function has open there is known by its baton.
pub(super) struct Server {
    place: SqliteServer,
    /// Made when somebody first asks.
    client: OnceLock<Http>,
}

impl Server {
    pub(super) fn new(place: SqliteServer) -> Self {
        Self {
            place,
            client: OnceLock::new(),
        }
    }

    /// Where it is asked for a new stream.
    pub(super) fn base(&self) -> &str {
        &self.place.base
    }

    /// Where it wants the rest of a stream sent to.
    pub(super) fn elsewhere(&self, url: &str) -> Result<String, Error> {
        self.place.elsewhere(url).map_err(|error| {
            Error::Io(format!(
                "the database server sends its callers to where they may not go: {error}"
            ))
        })
    }

    /// Asks for what `body` says. Dropping the future ends the connection, from which the
    /// server sees that nobody waits for it.
    pub(super) async fn ask(&self, base: &str, body: String) -> Result<Answer, Error> {
        let answered = timeout(PATIENCE, Box::pin(self.send(base, body))).await;
        let (status, answer) = answered.map_err(|_| {
            let seconds = PATIENCE.as_secs();
            Error::Io(format!(
                "the database server does not answer in {seconds} s"
            ))
        })??;
        match status.is_success() {
            true => Answer::read(&answer),
            false => Err(refused(status, &answer)),
        }
    }

    async fn send(&self, base: &str, body: String) -> Result<(StatusCode, Bytes), Error> {
        let mut request = Request::post(format!("{base}/v2/pipeline"))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| away(&error))?;
        if let Some(authorization) = &self.place.authorization {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let response = self.client()?.request(request).await;
        let response = response.map_err(|error| {
            // The innermost reason says most.
            away(&anyhow::Error::new(error).root_cause())
        })?;
        let status = response.status();
        let answer = Limited::new(response.into_body(), ANSWER).collect().await;
        let answer = answer.map_err(|error| match error.is::<LengthLimitError>() {
            true => Error::Io(format!(
                "the answer is longer than {} MiB: ask for less at once, by LIMIT",
                ANSWER >> 20
            )),
            false => away(&error),
        })?;
        Ok((status, answer.to_bytes()))
    }

    fn client(&self) -> Result<&Http, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let tls = spindrift_database::tls::client().map_err(|error| away(&error))?;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECTING));
        connector.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config((*tls).clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(self.client.get_or_init(|| client))
    }
}

fn away(error: &dyn std::fmt::Display) -> Error {
    Error::Io(format!("the database server does not answer: {error}"))
}

/// A refusal. Where it is of the token, the server's own words might repeat that.
fn refused(status: StatusCode, answer: &[u8]) -> Error {
    Error::Io(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => format!(
            "the database server refuses the token ({status}): give one that is not expired, `token` of the database in the runtime configuration"
        ),
        _ => format!(
            "the database server answered {status}: {}",
            hrana::words(answer)
        ),
    })
}
