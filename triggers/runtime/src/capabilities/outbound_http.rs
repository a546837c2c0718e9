//! Outbound HTTP: `wasi:http` of both generations, behind the allow-list.

mod answer;
mod connect;
mod kept;
mod send;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use spindrift_manifest::{AllowedHosts, Component};
use spindrift_traces::{Kind, Parent, Span};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use wasmtime::component::Linker;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use self::answer::{Answer, Exchange};
use self::connect::{Connection, Place};
use self::kept::{Kept, Own};
use self::send::Attempt;
use crate::client_tls::{ClientTls, Greetings, Identity};
use crate::limits::Limits;
use crate::neighbours::{Introduced, Neighbour};
use crate::networks::{self, BlockedNetworks};
use crate::runtime::Options;
use crate::state::State;

/// How long each step may take when the function says nothing: as in wasmtime's own way.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the ways of all components to others have in common.
pub(crate) struct Common {
    blocked: Arc<BlockedNetworks>,
    client_tls: ClientTls,
    /// A permit for each request that may be under way, where their number is bounded.
    under_way: Option<Arc<Semaphore>>,
    /// A permit for each socket that may be open, where their number is bounded.
    sockets: Option<Arc<Semaphore>>,
    /// Connections that requests have left.
    kept: Arc<Kept>,
}

impl Common {
    pub(crate) fn new(options: &Options) -> Self {
        let permits = |most| Arc::new(Semaphore::new(most));
        let under_way = options.outbound_requests.map(permits);
        Self {
            blocked: Arc::new(options.blocked_networks.clone()),
            client_tls: options.client_tls.clone(),
            kept: Arc::new(Kept::new(options.outbound_pooling, under_way.clone())),
            under_way,
            sockets: options.sockets.map(permits),
        }
    }

    /// Networks that are out of reach of everybody.
    pub(crate) fn blocked(&self) -> &Arc<BlockedNetworks> {
        &self.blocked
    }
}

/// The hosts that a component may reach.
pub(crate) struct Grant {
    component: Component,
    hosts: AllowedHosts,
    neighbours: Arc<Introduced>,
    common: Arc<Common>,
    greetings: Greetings,
    /// A permit for each request that may be under way.
    under_way: Arc<Semaphore>,
    /// Connections that its requests have left.
    kept: Arc<Own>,
}

impl Grant {
    pub(crate) fn new(
        component: Component,
        hosts: AllowedHosts,
        neighbours: Arc<Introduced>,
        common: Arc<Common>,
    ) -> Self {
        let limits = Limits::from_declared(&component.settings.limits);
        Self {
            greetings: common.client_tls.of(&component.id),
            kept: Arc::new(common.kept.part()),
            component,
            hosts,
            neighbours,
            common,
            under_way: Arc::new(Semaphore::new(limits.outbound_requests)),
        }
    }

    /// Whose it is.
    pub(crate) fn component(&self) -> &Component {
        &self.component
    }

    /// The list that it goes by.
    pub(crate) fn hosts(&self) -> &AllowedHosts {
        &self.hosts
    }

    /// Networks that are out of reach whatever the list says.
    pub(crate) fn blocked(&self) -> &Arc<BlockedNetworks> {
        self.common.blocked()
    }

    /// Places for the sockets of all components, where those are bounded.
    pub(crate) fn sockets(&self) -> Option<&Arc<Semaphore>> {
        self.common.sockets.as_ref()
    }

    /// Checks an address against the blocked networks. The error was logged.
    pub(crate) fn check_address(&self, address: IpAddr) -> Result<(), String> {
        match self.blocked().blocks(address) {
            false => Ok(()),
            true => Err(self.refuse(networks::refusal(&address.to_string()))),
        }
    }

    /// Checks a name that is to be looked up for a socket. The error was logged, with the
    /// line that would allow it.
    pub(crate) fn check_lookup(&self, name: &str) -> Result<(), String> {
        match self.hosts.check_lookup(name) {
            true => Ok(()),
            false => {
                let denied = self.hosts.lookup_denied(&self.component, name);
                Err(self.refuse(denied.to_string()))
            }
        }
    }

    /// Checks a destination. The error names it and prints the line that would
    /// allow it; it was logged as well, for a guest may keep it to itself.
    pub(crate) fn check(&self, scheme: &str, host: &str, port: Option<u16>) -> Result<(), String> {
        if self.hosts.check(scheme, host, port) {
            return Ok(());
        }
        self.deny(scheme, host, port)
    }

    /// The same of a neighbour.
    fn check_neighbour(&self, neighbour: &Neighbour, host: &str) -> Result<(), String> {
        let allowed = match neighbour {
            Neighbour::Component(_) => self.hosts.check("http", host, None),
            Neighbour::Route => self.hosts.allows_self(),
        };
        match allowed {
            true => Ok(()),
            false => self.deny("http", host, None),
        }
    }

    fn deny(&self, scheme: &str, host: &str, port: Option<u16>) -> Result<(), String> {
        let denied = self
            .hosts
            .denied(&self.component, scheme, host, port)
            .to_string();
        Err(self.refuse(denied))
    }

    fn refuse(&self, message: String) -> String {
        tracing::warn!(function = self.component.id, "{message}");
        message
    }
}

/// What an instance's outgoing requests pass through.
pub(crate) struct Outbound {
    pub(crate) grant: Arc<Grant>,
    /// The span of the request that it is at work on, where that is recorded.
    pub(crate) trace: Option<Parent>,
}

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)
}

type Transfer = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(Response<WasiBody>, Transfer), Error>;
type Sending = Box<dyn Future<Output = Sent> + Send>;

/// A component's permit, and one of all components'.
type Turn = (Option<OwnedSemaphorePermit>, Option<OwnedSemaphorePermit>);

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Transfer,
    ) -> Sending {
        let uri = request.uri();
        let host = uri.host().unwrap_or_default();
        let neighbour = Neighbour::of(uri);
        let allowed = match &neighbour {
            Some(neighbour) => self.grant.check_neighbour(neighbour, host),
            None => {
                let scheme = uri.scheme_str().unwrap_or("https");
                self.grant.check(scheme, host, uri.port_u16())
            }
        };
        let mut span = traced(self.trace.as_ref(), &mut request);
        let grant = self.grant.clone();
        Box::new(async move {
            if allowed.is_err() {
                span.fail("denied");
                return Err(Error::HttpRequestDenied);
            }
            let sent = match neighbour {
                Some(neighbour) => grant.ask(&neighbour, request).await,
                None => grant.send(request, options).await,
            };
            match &sent {
                Ok((response, _)) => answered(&mut span, response.status()),
                Err(_) => span.fail("connection"),
            }
            sent
        })
    }
}

impl Grant {
    /// Sends a request to another server, in its turn, on a connection that is there or on
    /// a new one.
    async fn send(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Sent {
        let place = Place::of(request.uri()).ok_or(Error::HttpRequestUriInvalid)?;
        let (turn, options) = self.turn(options.unwrap_or_default()).await?;
        let (mut request, taken) = send::prepared(request);
        let patience = options.first_byte_timeout.unwrap_or(PATIENCE);
        let (response, connection) = loop {
            let kept = self.kept.take(&place);
            let is_new = kept.is_none();
            let connection = match kept {
                Some(connection) => connection,
                None => self.connect(&place, options.connect_timeout).await?,
            };
            match send::attempt(connection, request, patience).await? {
                Attempt::Answered(response, connection) => break (response, connection),
                Attempt::Unsent(_, error) if is_new => return Err(error.into()),
                Attempt::Unsent(unsent, _) => request = unsent,
            }
        };
        let (told, ended) = oneshot::channel();
        let exchange = Exchange {
            connection,
            place,
            own: self.kept.clone(),
            turn,
            taken,
            told,
        };
        let patience = options.between_bytes_timeout.unwrap_or(PATIENCE);
        let response = response.map(|body| Answer::new(body, patience, exchange).boxed_unsync());
        // An answer that was given up has nothing to tell.
        let transfer = async move { ended.await.unwrap_or(Ok(())) };
        Ok((response, Box::new(transfer)))
    }

    /// Opens a connection for a request that has its turn.
    async fn connect(
        &self,
        place: &Place,
        patience: Option<Duration>,
    ) -> Result<Connection, Error> {
        self.kept.make_room().await;
        let (identity, function) = (self.identity(place), &self.component.id);
        let opened = connect::open(place, self.blocked(), identity, function);
        let opened = timeout(patience.unwrap_or(PATIENCE), opened).await;
        opened.map_err(|_| Error::ConnectionTimeout)?
    }

    /// Waits for a turn among the component's requests, and then among all of the process.
    /// What that takes is taken from the time for connecting.
    async fn turn(&self, mut options: RequestOptions) -> Result<(Turn, RequestOptions), Error> {
        let began = Instant::now();
        let patience = options.connect_timeout.unwrap_or(PATIENCE);
        // Neither is ever closed.
        let waited = async {
            let own = self.under_way.clone().acquire_owned().await.ok();
            let of_all = match &self.common.under_way {
                Some(permits) => permits.clone().acquire_owned().await.ok(),
                None => None,
            };
            (own, of_all)
        };
        let turn = timeout(patience, waited).await;
        let turn = turn.map_err(|_| Error::ConnectionTimeout)?;
        options.connect_timeout = Some(patience.saturating_sub(began.elapsed()));
        Ok((turn, options))
    }

    /// How the component greets a server, where that was said. No other component uses the
    /// connection that it is shown on.
    fn identity(&self, place: &Place) -> Option<&Identity> {
        match place.secure {
            true => self.greetings.to(&place.host),
            false => None,
        }
    }

    /// Has another function of the application answer, in a task of its own: that one
    /// uses its own time and turn. It ends with the request.
    async fn ask(&self, neighbour: &Neighbour, request: Request<WasiBody>) -> Sent {
        let neighbours = self.neighbours.get();
        let Some(answer) = neighbours.and_then(|all| all.answer(neighbour, request)) else {
            let function = &self.component.id;
            tracing::error!(function, ?neighbour, "there is no such component here");
            return Err(Error::Connect(io::ErrorKind::NotFound.into()));
        };
        let response = AbortOnDropHandle::new(tokio::spawn(answer)).await;
        let response = response.map_err(|_| Error::HttpResponseIncomplete)?;
        Ok((response, Box::new(async { Ok(()) })))
    }
}

/// The span of a request, until the head of its answer; the request names it, unless the
/// function had it name another. By the semantic conventions of HTTP.
fn traced(trace: Option<&Parent>, request: &mut Request<WasiBody>) -> Span {
    let name = || request.method().to_string();
    let mut span = Span::within(trace, Kind::Client, name);
    if span.is_recorded() {
        span.set("http.request.method", request.method().to_string());
        span.set(
            "server.address",
            request.uri().host().unwrap_or_default().to_owned(),
        );
        span.name_in(request.headers_mut());
    }
    span
}

fn answered(span: &mut Span, status: StatusCode) {
    span.set("http.response.status_code", i64::from(status.as_u16()));
    if status.is_client_error() || status.is_server_error() {
        span.fail(status.as_str().to_owned());
    }
}
