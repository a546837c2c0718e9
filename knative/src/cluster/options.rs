//! How the engine is to behave.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How a release is deployed.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Overwrites fields that others manage, deploys what is there already, and lets
    /// a rollback pass a contract migration.
    pub force: bool,
    /// Stops at 0 % after the smoke test, for [`Cluster::promote`](super::Cluster::promote).
    pub no_traffic: bool,
    /// How long to wait for another deployer; `None` refuses at once.
    pub wait: Option<Duration>,
    /// Makes the namespace when it is not there.
    pub create_namespace: bool,
    /// Takes everything back when cancelled.
    pub cancel: CancellationToken,
}

/// Intervals. Tests make them short.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Between two looks at something that is waited for.
    pub poll: Duration,
    /// Between two looks at a release that has traffic.
    pub watch: Duration,
    /// How long one request to the API server may take.
    pub request: Duration,
    /// The pause before a request is sent again, doubled each time.
    pub retry: Duration,
    /// How long a lease counts without being renewed; a third of it is the interval
    /// of renewals. Whole seconds.
    pub lease: Duration,
    /// How long taking back may wait for the cluster, and how long what has no
    /// timeout of its own may take.
    pub settle: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            watch: Duration::from_secs(5),
            request: Duration::from_secs(30),
            retry: Duration::from_millis(250),
            lease: Duration::from_secs(30),
            settle: Duration::from_secs(60),
        }
    }
}
