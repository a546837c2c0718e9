//! A release that fails, at every point where it can: all traffic stays where it was, and
//! nothing is left of it.

use std::collections::BTreeSet;

use spindrift_knative::cluster::{Error, Event, Options};
use spindrift_test_kube::{Fault, Match, Outcome};
use tokio_util::sync::CancellationToken;

use crate::releases::larger;
use crate::watched::metrics;
use crate::world::{SERVICES, Teller, World, begins};

/// One way to fail: what goes wrong before the release or while it goes on, and what the
/// error has to say.
struct Point {
    name: &'static str,
    before: fn(&World),
    during: fn(&World, &Event, &CancellationToken),
    says: &'static [&'static str],
}

impl Default for Point {
    fn default() -> Self {
        Self {
            name: "",
            before: |_| {},
            during: |_, _, _| {},
            says: &[],
        }
    }
}

fn write(resource: &str) -> Match {
    Match::verb("patch").resource(resource).dry_run(false)
}

fn points() -> Vec<Point> {
    vec![
        Point {
            name: "a webhook refuses the ground",
            before: |world| {
                let fault = Fault::webhook("policy.test", "no such policy");
                let calls = write("networkpolicies.networking.k8s.io");
                world.server.on(calls, fault);
            },
            says: &["NetworkPolicy/tasks", "policy.test", "no such policy"],
            ..Point::default()
        },
        Point {
            name: "a quota has no room for the migration",
            before: |world| {
                let calls = Match::verb("create").resource("jobs.batch").dry_run(false);
                world
                    .server
                    .on(calls, Fault::quota("small", "requests.cpu=1"));
            },
            says: &["Job/migrate-r2", "exceeded quota: small"],
            ..Point::default()
        },
        Point {
            name: "the migration fails",
            before: |world| {
                let outcome = Outcome::fails("BackoffLimitExceeded", "it failed once");
                world.server.control("jobs/migrate-r2", outcome);
                world
                    .server
                    .log("migrate-r2-*", "migrate", "column taken\n");
            },
            says: &["job migrate-r2", "BackoffLimitExceeded", "column taken"],
            ..Point::default()
        },
        Point {
            name: "the migration does not end",
            before: |world| world.server.control("jobs/migrate-r2", Outcome::hangs()),
            says: &["job migrate-r2", "not finished within"],
            ..Point::default()
        },
        Point {
            name: "somebody else changed a service meanwhile",
            before: |world| world.server.on(write(SERVICES), Fault::conflict().skip(1)),
            says: &["Service/stats", "has been modified"],
            ..Point::default()
        },
        Point {
            name: "a revision's program ends",
            before: |world| {
                let outcome = Outcome::fails("ExitCode1", "Container failed with: exit 1");
                world.server.control("revisions/tasks-r2", outcome);
                world
                    .server
                    .log("tasks-r2-*", "user-container", "no such variable\n");
            },
            says: &["service tasks", "ExitCode1", "no such variable"],
            ..Point::default()
        },
        Point {
            name: "a revision never becomes ready",
            before: |world| world.server.control("revisions/stats-r2", Outcome::hangs()),
            says: &["service stats", "not ready within"],
            ..Point::default()
        },
        Point {
            name: "the smoke test fails",
            before: |world| {
                let outcome = Outcome::fails("BackoffLimitExceeded", "it failed");
                world.server.control("jobs/todo-smoke-*", outcome);
                world
                    .server
                    .log("todo-smoke-*", "smoke", "/api/health: 503\n");
            },
            says: &["the smoke test", "/api/health: 503"],
            ..Point::default()
        },
        Point {
            name: "too many requests are answered with 5xx",
            before: |world| metrics(world, |traffic| (traffic * 10, traffic * 2, 0.01)),
            says: &["answered with 5xx", "`max_errors` allows 5 %"],
            ..Point::default()
        },
        Point {
            name: "requests take too long",
            before: |world| metrics(world, |traffic| (traffic * 10, 0, 2.0)),
            says: &["99th percentile", "`max_latency` allows 500 ms"],
            ..Point::default()
        },
        Point {
            name: "a pod dies when it has traffic",
            during: |world, event, _| {
                if matches!(event, Event::Traffic { percent: 10, .. }) {
                    let outcome = Outcome::fails("CrashLoopBackOff", "back-off");
                    world.server.control("revisions/tasks-r2", outcome);
                }
            },
            says: &["service tasks", "with traffic"],
            ..Point::default()
        },
        Point {
            name: "a webhook refuses the last step of the traffic",
            during: |world, event, _| {
                if begins(event, "Traffic at 100 %") {
                    let fault = Fault::webhook("traffic.test", "not today").skip(1);
                    world.server.on(write(SERVICES), fault);
                }
            },
            says: &["traffic.test", "not today"],
            ..Point::default()
        },
        Point {
            name: "the relay is never rolled out",
            during: |world, event, _| {
                if begins(event, "Apply deliveries") {
                    world.server.control("deployments/relay", Outcome::hangs());
                } else if begins(event, "Take the release back") {
                    world
                        .server
                        .control("deployments/relay", Outcome::succeeds());
                }
            },
            says: &["deployment relay", "0 of 2 pods are available"],
            ..Point::default()
        },
        Point {
            name: "a webhook refuses the route",
            before: |world| {
                let calls = write("httproutes.gateway.networking.k8s.io");
                world
                    .server
                    .on(calls, Fault::webhook("route.test", "taken"));
            },
            says: &["HTTPRoute/todo", "taken"],
            ..Point::default()
        },
        Point {
            name: "the record cannot be written at the end",
            during: |world, event, _| {
                if begins(event, "Apply deliveries") {
                    let calls = Match::verb("update").resource("configmaps");
                    world.server.on(calls, Fault::quota("small", "configmaps"));
                }
            },
            says: &["ConfigMap/todo-releases", "exceeded quota"],
            ..Point::default()
        },
        Point {
            name: "somebody interrupts the start",
            during: |_, event, cancel| {
                if begins(event, "Start the new revisions") {
                    cancel.cancel();
                }
            },
            says: &["interrupted"],
            ..Point::default()
        },
        Point {
            name: "somebody interrupts when half of the traffic has moved",
            during: |_, event, cancel| {
                if matches!(event, Event::Traffic { percent: 50, .. }) {
                    cancel.cancel();
                }
            },
            says: &["interrupted"],
            ..Point::default()
        },
    ]
}

#[tokio::test]
async fn whatever_fails_all_traffic_is_on_the_old_release_and_nothing_is_left() {
    let mut counted = BTreeSet::new();
    for point in points() {
        eprintln!("{}", point.name);
        let world = World::serving().await;
        let kept = world.keep();
        (point.before)(&world);
        let cancel = CancellationToken::new();
        let teller = Teller::new(|event| (point.during)(&world, event, &cancel));
        let options = Options {
            cancel: cancel.clone(),
            ..Options::default()
        };
        let deployed = world.cluster.deploy(&larger("r2"), &options, &teller).await;
        let error = deployed.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::TakenBack { .. }), "{text}");
        assert!(text.contains("release r1 serves as before"), "{text}");
        for part in point.says {
            assert!(text.contains(part), "{part:?} is not in: {text}");
        }
        world.assert_nothing_of("r2", &kept);
        assert_eq!(world.state("r2"), "failed");

        // What is put right can be deployed.
        world.server.heal();
        world.server.control("*/*", Outcome::succeeds());
        metrics(&world, |_| (0, 0, 0.0));
        world.deploy(&larger("r2")).await.unwrap();
        world.assert_serves("r2");
        counted.insert(point.name);
    }
    assert!(
        counted.len() >= 10,
        "only {} points of failure",
        counted.len()
    );
}

#[tokio::test]
async fn of_a_first_release_that_fails_nothing_is_left() {
    let world = World::new().await;
    let outcome = Outcome::fails("ExitCode1", "exit 1");
    world.server.control("revisions/tasks-*", outcome);
    let error = world.deploy(&larger("r1")).await.unwrap_err();
    assert!(
        error.to_string().contains("nothing is left of it"),
        "{error}"
    );
    let left = |resource: &str| world.names(resource);
    assert_eq!(left(SERVICES), [""; 0]);
    assert_eq!(left("serviceaccounts"), [""; 0]);
    assert_eq!(world.state("r1"), "failed");
    world.assert_tidy();
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_named_with_the_command_that_does() {
    let world = World::serving().await;
    let outcome = Outcome::fails("ExitCode1", "exit 1");
    world.server.control("revisions/tasks-r2", outcome);
    let teller = Teller::new(|event| {
        if begins(event, "Take the release back") {
            let fault = Fault::webhook("stubborn.test", "no").always();
            world.server.on(write(SERVICES).name("audit"), fault);
        }
    });
    let error = world
        .deploy_telling(&larger("r2"), &teller)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Left { .. }), "{text}");
    for part in [
        "Service/audit",
        "stubborn.test",
        "ExitCode1",
        "spindrift rollback",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert_eq!(world.state("r2"), "deploying");

    world.server.heal();
    let options = Options::default();
    world
        .cluster
        .rollback("todo", "todo", None, &options, &())
        .await
        .unwrap();
    world.assert_serves("r1");
    assert_eq!(world.state("r2"), "failed");
}

#[tokio::test]
async fn a_service_that_somebody_deletes_meanwhile_is_named() {
    let world = World::serving().await;
    world.server.control("revisions/*-r2", Outcome::hangs());
    let teller = Teller::new(|event| {
        if matches!(event, Event::Service { .. }) {
            world.server.delete(SERVICES, "todo", "tasks");
        }
    });
    let error = world
        .deploy_telling(&larger("r2"), &teller)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("somebody deleted it meanwhile"), "{text}");
    // It comes back as it was before.
    world.assert_serves("r1");
}
