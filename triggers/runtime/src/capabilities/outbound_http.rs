//! Outbound HTTP: `wasi:http` of both generations, behind the allow-list.

use std::sync::Arc;

use http::{Request, Response};
use spindrift_manifest::{AllowedHosts, Component};
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
pub(crate) struct Outbound(pub(crate) Arc<Grant>);

pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    wasmtime_wasi_http::p3::add_to_linker(linker)
}

type Transfer = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Answer = Box<dyn Future<Output = Result<(Response<WasiBody>, Transfer), Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Transfer,
    ) -> Answer {
        let uri = request.uri();
        let scheme = uri.scheme_str().unwrap_or("https");
        let allowed = uri
            .host()
            .is_some_and(|host| self.0.check(scheme, host, uri.port_u16()).is_ok());
        Box::new(async move {
            if !allowed {
                return Err(Error::HttpRequestDenied);
            }
            let (response, transfer) = default_send_request(request, options).await?;
            Ok((
                response.map(http_body_util::BodyExt::boxed_unsync),
                Box::new(transfer) as Transfer,
            ))
        })
    }
}
