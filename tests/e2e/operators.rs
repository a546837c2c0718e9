//! The listener for operators.

use spindrift_tests::{Start, metrics, until};

use crate::{Result, todo};

#[tokio::test]
async fn operators_find_probes_and_figures_on_their_own_listener() -> Result {
    let (running, _) = todo().await?;
    let admin = running.admin().await?;
    assert_eq!(
        admin.get("/livez").send().await?.expect(200).text(),
        "alive\n"
    );
    assert_eq!(
        admin.get("/readyz").send().await?.expect(200).text(),
        "ready\n"
    );
    for path in ["/livez", "/readyz", "/metrics"] {
        running
            .api
            .get(path)
            .send()
            .await?
            .problem(404, "not-found");
    }
    admin.get("/api/tasks").send().await?.expect(404);
    let answer = admin.get("/metrics").send().await?.expect(200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = answer.text();
    for name in [
        "spindrift_http_requests",
        "spindrift_http_request_duration_seconds",
        "spindrift_http_requests_in_flight",
        "spindrift_http_connections",
        "spindrift_function_instances",
        "spindrift_database_cleanings",
    ] {
        assert!(
            text.contains(&format!("# HELP {name} ")),
            "{name} has no help in\n{text}"
        );
    }
    assert!(text.ends_with("# EOF\n"));
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn requests_are_counted_by_route_function_method_and_status() -> Result {
    let (running, _) = todo().await?;
    let admin = running.admin().await?;
    for _ in 0..3 {
        running.api.get("/health").send().await?.expect(200);
    }
    running
        .api
        .get("/api/tasks")
        .send()
        .await?
        .problem(401, "not-signed-in");
    running
        .api
        .get("/nowhere")
        .send()
        .await?
        .problem(404, "not-found");
    for (labels, expected) in [
        (
            [
                "route=\"/health\"",
                "function=\"health\"",
                "method=\"GET\"",
                "status=\"200\"",
            ],
            3.0,
        ),
        (
            [
                "route=\"/api/tasks/...\"",
                "function=\"tasks\"",
                "method=\"GET\"",
                "status=\"401\"",
            ],
            1.0,
        ),
        (
            [
                "route=\"none\"",
                "function=\"none\"",
                "method=\"GET\"",
                "status=\"404\"",
            ],
            1.0,
        ),
    ] {
        until("the count", async || {
            let count = metrics::sum(&admin, "spindrift_http_requests_total", &labels)
                .await
                .ok()?;
            (count == expected).then_some(())
        })
        .await?;
    }
    let timed = metrics::sum(
        &admin,
        "spindrift_http_request_duration_seconds_count",
        &["route=\"/health\""],
    )
    .await?;
    assert_eq!(timed, 3.0);
    let instances = metrics::sum(
        &admin,
        "spindrift_function_instances",
        &["function=\"health\""],
    )
    .await?;
    assert_eq!(instances, 1.0);
    assert_eq!(
        metrics::sum(&admin, "spindrift_http_requests_in_flight", &[]).await?,
        0.0
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn failures_are_counted_by_reason() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    for path in ["panic", "memory?n=64", "loop"] {
        running.api.get(&format!("/hostile/{path}")).send().await?;
    }
    for reason in ["failed", "out_of_memory", "timeout"] {
        let label = format!("reason=\"{reason}\"");
        let count = metrics::sum(
            &admin,
            "spindrift_function_failures_total",
            &["function=\"hostile\"", &label],
        )
        .await?;
        assert_eq!(count, 1.0, "{reason}");
    }
    running.stop().await?;
    Ok(())
}
