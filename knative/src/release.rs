//! What a release is made of.

use std::time::Duration;

use crate::object::Object;

/// An application as it is to be in the cluster: everything that is applied, and how.
#[derive(Clone, Debug)]
pub struct Release {
    /// The application's name: the value of `app.kubernetes.io/part-of` on all objects.
    pub app: String,
    /// The namespace of all objects that have one.
    pub namespace: String,
    /// The release's name, such as `r4f2c91ab`: made of what is released, so that the
    /// same application with the same settings has the same one. The value of
    /// [`labels::RELEASE`](crate::labels::RELEASE) on what belongs to it alone; the
    /// revision of the service `NAME` is called `NAME-RELEASE`.
    pub name: String,
    /// The image that every pod runs, by digest where it is known.
    pub image: String,
    /// `application.version`.
    pub version: String,
    /// Every object, ordered by stage, then kind, then name.
    pub objects: Vec<Object>,
    /// Paths that are asked for before traffic moves.
    pub smoke: Vec<Smoke>,
    /// How traffic moves.
    pub rollout: Rollout,
    /// Secrets that pods refer to, which somebody else makes.
    pub secrets: Vec<SecretKey>,
    /// Topics that have to be at the brokers, those of dead letters included; none
    /// where events don't go through Kafka.
    pub topics: Vec<String>,
}

/// A request that a new revision has to answer with 2xx or 3xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smoke {
    /// The Knative service.
    pub service: String,
    /// The path, such as `/api/health`.
    pub path: String,
}

/// How traffic moves to a release that is ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Shares of the traffic in per cent, rising, each held for `hold`. 100 follows by
    /// itself. Empty: all at once.
    pub steps: Vec<u8>,
    /// How long each step is watched.
    pub hold: Duration,
    /// How long a release may take to become ready, migrations included.
    pub timeout: Duration,
    /// The share of 5xx answers, in per cent, over which a release is taken back.
    pub max_errors: f64,
    /// The 99th percentile of a request's duration over which a release is taken back.
    /// `None`: not watched.
    pub max_latency: Option<Duration>,
}

/// A key of a Secret that has to be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretKey {
    /// The Secret's name, in the application's namespace.
    pub secret: String,
    /// The key in it.
    pub key: String,
}
