//! The application on a real Knative: `make test-cluster`. What has to be there:
//!
//! | variable | what |
//! |---|---|
//! | `KUBECONFIG` | a Kubernetes with Knative Serving, as its administrator |
//! | `CLUSTER_ADDRESS` | this machine's address as pods know it: the database is there |
//! | `CLUSTER_GATEWAY` | where Knative's gateway takes requests from outside: `http://127.0.0.1:8080` |
//! | `CLUSTER_GATEWAY_INSIDE` | where it takes those of the cluster's own names |
//! | `CLUSTER_IMAGE`, `CLUSTER_IMAGE_HELLO` | images of the applications, which nodes have or can pull |
//! | `CLUSTER_IMAGE_EMPTY` | one to compare cold starts with, if any |
//!
//! Each test has a namespace of its own, which it removes. They run one at a time: a
//! small node has room for one application.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail where it stands, and tells what it measured"
)]

mod cold;
mod load;
mod releases;
mod serving;
mod world;
