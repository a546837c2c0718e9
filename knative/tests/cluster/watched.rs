//! What pods tell while they have traffic.

use std::sync::atomic::{AtomicU64, Ordering};

use spindrift_knative::cluster::Event;
use spindrift_test_kube::Proxied;

use crate::releases::release;
use crate::world::{Teller, World};

/// Lets new pods tell of requests: how many, how many of them failed, and their duration
/// in seconds, by how often the pods were asked.
pub(crate) fn metrics(
    world: &World,
    tell: impl Fn(u64) -> (u64, u64, f64) + Send + Sync + 'static,
) {
    let asked = AtomicU64::new(0);
    world.server.proxy(move |request: Proxied| {
        assert_eq!(
            (request.port.as_str(), request.path.as_str()),
            ("9464", "/metrics")
        );
        let (requests, errors, seconds) = tell(asked.fetch_add(1, Ordering::Relaxed));
        http::Response::new(page(requests, errors, seconds))
    });
}

fn page(requests: u64, errors: u64, seconds: f64) -> String {
    let series = r#"route="/api/tasks/...",function="tasks""#;
    let fast = requests - errors;
    let within = |bound: f64| if seconds <= bound { requests } else { 0 };
    format!(
        "spindrift_http_requests_total{{{series},method=\"GET\",status=\"200\"}} {fast}\n\
         spindrift_http_requests_total{{{series},method=\"GET\",status=\"503\"}} {errors}\n\
         spindrift_http_request_duration_seconds_bucket{{le=\"0.1\",{series}}} {}\n\
         spindrift_http_request_duration_seconds_bucket{{le=\"1.0\",{series}}} {}\n\
         spindrift_http_request_duration_seconds_bucket{{le=\"2.5\",{series}}} {}\n\
         spindrift_http_request_duration_seconds_bucket{{le=\"+Inf\",{series}}} {requests}\n",
        within(0.1),
        within(1.0),
        within(2.5),
    )
}

#[tokio::test]
async fn errors_within_the_limits_do_not_stop_a_release() {
    let world = World::serving().await;
    metrics(&world, |asked| (asked * 100, asked, 0.05));
    let teller = Teller::new(|_| {});
    world.deploy_telling(&release("r2"), &teller).await.unwrap();
    let measured = teller.heard().into_iter().any(|event| {
        matches!(event, Event::Watched { requests, errors, .. } if requests >= 100 && errors > 0)
    });
    assert!(measured, "nothing was measured: {:?}", teller.heard());
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_few_requests_prove_nothing() {
    let world = World::serving().await;
    metrics(&world, |asked| (asked.min(5), asked.min(5), 0.05));
    world.deploy(&release("r2")).await.unwrap();
    world.assert_serves("r2");
}
