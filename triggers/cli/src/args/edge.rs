//! `spindrift edge`

use std::time::Duration;

use clap::Args;

use super::{
    Address, AppArgs, ConnectionArgs, ContainerArgs, OutputArgs, PlacementArgs, ProxyArgs, duration,
};

/// `spindrift edge`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift edge --to 'http://{service}.todo.svc.cluster.local'
  spindrift edge --to 'http://{service}.todo.svc.cluster.local' --placement tasks=api,auth=api

Requests go by the routes of the manifest to the services that serve the components, with the
service's name as host. Start those with `spindrift serve --behind-proxy`, so that functions see
where requests came from. No component need be built here.")]
pub(crate) struct EdgeArgs {
    /// The address of services, in which {service} stands for the service that serves a component,
    /// and {component} for the component's id.
    #[arg(long, value_name = "URL", env = "SPINDRIFT_TO")]
    pub(crate) to: Address,
    #[command(flatten)]
    pub(crate) placement: PlacementArgs,
    /// How long a service may take to begin its answer, its start from nothing included.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "120s",
        value_parser = duration,
        env = "SPINDRIFT_RESPONSE_TIMEOUT"
    )]
    pub(crate) response_timeout: Duration,
    #[command(flatten)]
    pub(crate) container: ContainerArgs,
    #[command(flatten)]
    pub(crate) connections: ConnectionArgs,
    #[command(flatten)]
    pub(crate) proxy: ProxyArgs,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
