//! What is served in a container, and how it comes and goes.

use std::time::Duration;

use clap::Args;

use super::{AdminArgs, duration};

/// Where a process in a container is reached.
#[derive(Args, Debug)]
pub(crate) struct ContainerArgs {
    /// Where to listen [default: 0.0.0.0, on the port in PORT or 8080].
    #[arg(long, value_name = "ADDRESS", env = "SPIN_HTTP_LISTEN_ADDR")]
    pub(crate) listen: Option<String>,
    /// The port to listen on.
    #[arg(long, default_value_t = 8080, env = "PORT", conflicts_with = "listen")]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) admin: AdminArgs,
    /// Answer /_spindrift/livez and /_spindrift/readyz where requests come in, for probes that
    /// reach no other port.
    #[arg(long, env = "SPINDRIFT_PROBES")]
    pub(crate) probes: bool,
    /// How long to accept connections after SIGTERM, while word goes round that it is not ready.
    /// Behind a proxy that drains by itself, as Knative's does, there is nothing to wait for.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "0s",
        value_parser = duration,
        env = "SPINDRIFT_SHUTDOWN_DELAY"
    )]
    pub(crate) shutdown_delay: Duration,
}

impl ContainerArgs {
    /// The address to listen on, and the option that gave it.
    pub(crate) fn address(&self) -> (String, &'static str) {
        match &self.listen {
            Some(address) => (address.clone(), "--listen"),
            None => (format!("0.0.0.0:{}", self.port), "PORT, or --listen"),
        }
    }
}

/// Who is believed about where requests come from.
#[derive(Args, Debug)]
pub(crate) struct ProxyArgs {
    /// Believe `x-forwarded-for`, `x-forwarded-proto` and `x-forwarded-host`. Only behind a proxy
    /// that sets them.
    #[arg(long, env = "SPINDRIFT_BEHIND_PROXY")]
    pub(crate) behind_proxy: bool,
}
