//! Requests that another service answers.

mod connect;
mod headers;
mod tunnel;
mod upload;

use std::net::SocketAddr;
use std::time::Duration;

use http::header::{HOST, HeaderValue};
use http::uri::{Authority, Scheme, Uri};
use http::{Extensions, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper_util::client::legacy::{self as client, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use self::connect::Connector;
use self::tunnel::Upgrade;
use self::upload::{Progress, Upload};
use crate::access_log::Request as Logged;
use crate::body::{Asked, Outgoing};
use crate::problem::Problem;
use crate::service::ServiceOptions;
use crate::{forwarded, request_id};

/// How long a connection may wait for its next request. Shorter than servers wait, ours
/// included, so that few requests meet a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(15);

/// Another service: where its requests go.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    authority: Authority,
    host: HeaderValue,
}

impl Upstream {
    /// The one at `http://host[:port]`. `None` for a URI without a host.
    pub(crate) fn at(base: &Uri) -> Option<Self> {
        let authority = base.authority()?.clone();
        let host = HeaderValue::from_str(authority.as_str()).ok()?;
        Some(Self { authority, host })
    }

    /// Where it answers what was sent to `uri`.
    fn uri(&self, uri: &Uri) -> Result<Uri, http::Error> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let target = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone());
        target.path_and_query(path).build()
    }
}

/// A request that is to be forwarded.
pub(crate) struct Forwarded<'a> {
    pub(crate) upstream: &'a Upstream,
    pub(crate) request: Request<Asked>,
    /// Who sent it.
    pub(crate) peer: SocketAddr,
    pub(crate) logged: Logged,
}

/// Forwards requests, on connections that are used again.
pub(crate) struct Forwarder {
    client: Client<Connector, Upload>,
    /// From the last byte of a request to the head of the answer.
    patience: Duration,
    behind_proxy: bool,
    secure: bool,
    tunnels: TaskTracker,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Nothing was sent.
    #[error("cannot reach it: {0}")]
    Unreachable(String),
    /// Perhaps it has done what was asked, perhaps not.
    #[error("it broke off: {0}")]
    Broken(String),
    #[error("no answer in {} s", .0.as_secs_f64())]
    Late(Duration),
}

impl Forwarder {
    /// `tunnels` are told of connections that outlast their requests.
    pub(crate) fn new(patience: Duration, options: &ServiceOptions, tunnels: TaskTracker) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(Connector::new());
        Self {
            client,
            patience,
            behind_proxy: options.behind_proxy,
            secure: options.secure,
            tunnels,
        }
    }

    /// Has the service answer. Dropping the future breaks its request off.
    pub(crate) async fn answer(&self, forwarded: Forwarded<'_>) -> Response<Outgoing> {
        let Forwarded {
            upstream,
            mut request,
            peer,
            logged,
        } = forwarded;
        let upgrade = Upgrade::wanted(&mut request);
        let protocol = upgrade.as_ref().map(|upgrade| upgrade.protocol.clone());
        let answer = match self.prepare(upstream, request, peer, &logged, protocol) {
            Ok((request, progress)) => self.send(request, progress).await,
            Err(error) => Err(Failure::Broken(error.to_string())),
        };
        match answer {
            Ok(response) if response.status() != StatusCode::SWITCHING_PROTOCOLS => {
                let log = logged.answered(response.status());
                let (mut parts, body) = response.into_parts();
                headers::remove_hop_by_hop(&mut parts.headers);
                parts.version = Version::default();
                parts.extensions = Extensions::new();
                Response::from_parts(parts, Outgoing::from_upstream(body, log))
            }
            Ok(response) => match upgrade {
                Some(upgrade) => upgrade.join(response, &self.tunnels, logged),
                None => failed(&Failure::Broken("it upgrades unasked".to_owned()), logged),
            },
            Err(failure) => failed(&failure, logged),
        }
    }

    /// The request as the service gets it.
    fn prepare(
        &self,
        upstream: &Upstream,
        request: Request<Asked>,
        peer: SocketAddr,
        logged: &Logged,
        protocol: Option<HeaderValue>,
    ) -> Result<(Request<Upload>, Progress), http::Error> {
        let (mut parts, body) = request.into_parts();
        headers::remove_hop_by_hop(&mut parts.headers);
        forwarded::append(&mut parts, peer, self.behind_proxy, self.secure);
        parts.headers.insert(HOST, upstream.host.clone());
        if let Ok(id) = HeaderValue::from_str(&logged.id) {
            parts.headers.insert(request_id::HEADER, id);
        }
        if let Some(protocol) = protocol {
            headers::ask_for_upgrade(&mut parts.headers, protocol);
        }
        parts.uri = upstream.uri(&parts.uri)?;
        parts.version = Version::HTTP_11;
        parts.extensions = Extensions::new();
        let progress = Progress::default();
        let body = Upload::new(body, progress.clone());
        Ok((Request::from_parts(parts, body), progress))
    }

    async fn send(
        &self,
        request: Request<Upload>,
        progress: Progress,
    ) -> Result<Response<Incoming>, Failure> {
        let mut answer = self.client.request(request);
        loop {
            let deadline = progress.last() + self.patience;
            tokio::select! {
                answer = &mut answer => return answer.map_err(|error| Failure::of(&error)),
                () = tokio::time::sleep_until(deadline) => {}
            }
            // What is long is sent for as long as it goes on.
            if Instant::now() >= progress.last() + self.patience {
                return Err(Failure::Late(self.patience));
            }
        }
    }
}

impl Failure {
    fn of(error: &client::Error) -> Self {
        let unreachable = error.is_connect();
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        match unreachable {
            true => Self::Unreachable(cause.to_string()),
            false => Self::Broken(cause.to_string()),
        }
    }
}

fn failed(failure: &Failure, logged: Logged) -> Response<Outgoing> {
    let (function, request_id) = (&*logged.route.function, &*logged.id);
    tracing::warn!(function, request_id, error = %failure, "the service did not answer");
    let problem = match failure {
        Failure::Unreachable(_) => Problem::unavailable(),
        Failure::Broken(_) => Problem::bad_gateway(),
        Failure::Late(_) => Problem::timeout(),
    };
    Outgoing::answer(problem.response(&logged.id), logged)
}
