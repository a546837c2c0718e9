//! Outbound HTTP: `wasi:http` of both generations, behind the allow-list.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use spindrift_manifest::{AllowedHosts, Component};
use spindrift_traces::{Kind, Parent, Span};
use wasmtime::component::Linker;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::state::State;

/// The hosts that a component may reach.
pub(crate) struct Grant {
    component: Component,
    hosts: AllowedHosts,
}

impl Grant {
    pub(crate) fn new(component: Component, hosts: AllowedHosts) -> Self {
        Self { component, hosts }
    }

    /// Checks a destination. The error names it and prints the line that would
    /// allow it; it was logged as well, for a guest may keep it to itself.
    pub(crate) fn check(&self, scheme: &str, host: &str, port: Option<u16>) -> Result<(), String> {
        if self.hosts.check(scheme, host, port) {
            return Ok(());
        }
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
type Answer = Box<dyn Future<Output = Result<(Response<WasiBody>, Transfer), Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Transfer,
    ) -> Answer {
        let uri = request.uri();
        let scheme = uri.scheme_str().unwrap_or("https");
        let allowed = uri
            .host()
            .is_some_and(|host| self.grant.check(scheme, host, uri.port_u16()).is_ok());
        let mut span = traced(self.trace.as_ref(), &mut request);
        Box::new(async move {
            if !allowed {
                span.fail("denied");
                return Err(Error::HttpRequestDenied);
            }
            let sent = default_send_request(request, options).await;
            match &sent {
                Ok((response, _)) => answered(&mut span, response.status()),
                Err(_) => span.fail("connection"),
            }
            let (response, transfer) = sent?;
            Ok((
                response.map(http_body_util::BodyExt::boxed_unsync),
                Box::new(transfer) as Transfer,
            ))
        })
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
