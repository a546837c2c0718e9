//! Where operators ask.

use std::net::SocketAddr;

use clap::Args;

/// The operators' listener of what runs in a container.
#[derive(Args, Debug)]
pub(crate) struct AdminArgs {
    /// Where /livez, /readyz and /metrics are; `off` for nowhere.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:9090",
        env = "SPINDRIFT_ADMIN_LISTEN"
    )]
    pub(crate) admin_listen: AdminListen,
}

/// An address for operators, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminListen {
    /// Listen nowhere.
    Off,
    /// Listen here.
    At(SocketAddr),
}

impl std::str::FromStr for AdminListen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse()
            .map(Self::At)
            .map_err(|_| "expected an address such as 127.0.0.1:3001, or `off`".to_owned())
    }
}
