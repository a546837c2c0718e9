//! Outbound HTTP: `wasi:http` of both generations, behind the allow-list.

use std::io;
use std::sync::Arc;

use http::{Request, Response, StatusCode};
use spindrift_manifest::{AllowedHosts, Component};
use spindrift_traces::{Kind, Parent, Span};
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;
use wasmtime::component::Linker;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::limits::Limits;
use crate::neighbours::{Introduced, Neighbour};
use crate::state::State;

/// The hosts that a component may reach.
pub(crate) struct Grant {
    component: Component,
    hosts: AllowedHosts,
    neighbours: Arc<Introduced>,
    /// A permit for each request that may be under way.
    under_way: Arc<Semaphore>,
}

impl Grant {
    pub(crate) fn new(
        component: Component,
        hosts: AllowedHosts,
        neighbours: Arc<Introduced>,
    ) -> Self {
        let limits = Limits::from_declared(&component.settings.limits);
        Self {
            component,
            hosts,
            neighbours,
            under_way: Arc::new(Semaphore::new(limits.outbound_requests)),
        }
    }

    /// Whose it is.
    pub(crate) fn component(&self) -> &Component {
        &self.component
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
        tracing::warn!(function = self.component.id, "{denied}");
        Err(denied)
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
type Answer = Box<dyn Future<Output = Sent> + Send>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Transfer,
    ) -> Answer {
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
    /// Sends a request to another server, in its turn.
    async fn send(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> Sent {
        // Never closed.
        let place = self.under_way.clone().acquire_owned().await.ok();
        let (response, transfer) = default_send_request(request, options).await?;
        // It ends with the connection.
        let transfer = async move {
            let _place = place;
            transfer.await
        };
        let response = response.map(http_body_util::BodyExt::boxed_unsync);
        Ok((response, Box::new(transfer)))
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
