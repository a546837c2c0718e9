//! Functions that do everything wrong: each fails its own request, and no other.

use std::time::{Duration, Instant};

use anyhow::Context;
use spindrift_tests::{Answer, Api, Start, metrics, until, within};

use crate::Result;

/// What each mischief is answered with.
const MISCHIEF: [(&str, u16, &str); 7] = [
    ("panic", 500, "function-failed"),
    ("error", 500, "function-failed"),
    ("exit", 500, "function-failed"),
    ("overflow?n=100000000", 500, "function-failed"),
    ("memory?n=64", 500, "function-out-of-memory"),
    ("loop", 504, "function-timeout"),
    ("sleep?n=60000", 504, "function-timeout"),
];

async fn hello(api: &Api, function: &str) -> Result<Answer> {
    let answer = api
        .get(&format!("/{function}/hello"))
        .send()
        .await?
        .expect(200);
    assert_eq!(answer.text(), "hello");
    Ok(answer)
}

#[tokio::test]
async fn each_mischief_is_answered_with_its_problem() -> Result {
    let running = Start::guests().await?.run().await?;
    for (path, status, slug) in MISCHIEF {
        let answer = running.api.get(&format!("/hostile/{path}")).send().await?;
        answer.problem(status, slug);
        insta::assert_json_snapshot!(slug, answer.record());
        hello(&running.api, "hostile").await?;
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_log_says_under_the_request_s_id_what_went_wrong() -> Result {
    let running = Start::guests().await?.run().await?;
    for (path, _, _) in MISCHIEF {
        let id = format!("id-{}", path.split('?').next().unwrap_or(path));
        running
            .api
            .get(&format!("/hostile/{path}"))
            .header("x-request-id", &id)
            .send()
            .await?;
        let record = running
            .record(&id, |record| {
                record["request_id"] == id && record["level"] == "ERROR"
            })
            .await?;
        assert_eq!(record["function"], "hostile", "{record}");
    }
    let log = running.log();
    assert!(
        log.contains("a panic, as asked"),
        "a panic's message is in the log"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn neighbours_and_later_requests_go_on_beside_every_mischief() -> Result {
    let running = Start::guests().await?.run().await?;
    let api = &running.api;
    hello(api, "neighbour").await?;
    for (path, status, slug) in MISCHIEF {
        let path = format!("/hostile/{path}");
        let culprits = futures::future::try_join_all((0..4).map(|_| api.get(&path).send()));
        let others = async {
            let deadline = Instant::now() + Duration::from_millis(400);
            let mut slowest = Duration::ZERO;
            while Instant::now() < deadline {
                for function in ["neighbour", "hostile"] {
                    let begun = Instant::now();
                    hello(api, function).await?;
                    slowest = slowest.max(begun.elapsed());
                }
            }
            anyhow::Ok(slowest)
        };
        let (culprits, slowest) = tokio::try_join!(culprits, others)?;
        for answer in culprits {
            answer.problem(status, slug);
        }
        assert!(
            slowest < Duration::from_secs(1),
            "a neighbour of {path} waited {slowest:?}"
        );
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_hundred_of_them_leave_nothing_behind() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    hello(&running.api, "hostile").await?;
    let before = metrics::resident_mib(running.pid()?)?;
    for round in 0..15 {
        let calls = MISCHIEF
            .iter()
            .map(|(path, _, _)| running.api.get(&format!("/hostile/{path}")).send());
        // Sleepers are not waited for in every round.
        let calls = calls.take(if round == 0 { 7 } else { 6 });
        futures::future::try_join_all(calls).await?;
    }
    hello(&running.api, "hostile").await?;
    until("the instances to be gone", async || {
        let live = metrics::sum(
            &admin,
            "spindrift_function_instances",
            &["function=\"hostile\""],
        )
        .await
        .ok()?;
        let running = metrics::sum(&admin, "spindrift_function_running", &[]).await;
        (live <= 4.0 && running.ok()? == 0.0).then_some(())
    })
    .await?;
    let after = metrics::resident_mib(running.pid()?)?;
    assert!(after < before + 80.0, "{before} MiB became {after} MiB");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_response_that_breaks_off_ends_its_connection_alone() -> Result {
    let running = Start::guests().await?.run().await?;
    let id = "half-1";
    let broken = running
        .api
        .get("/hostile/half?n=1000000")
        .header("x-request-id", id)
        .send()
        .await;
    assert!(broken.is_err(), "the body came whole");
    hello(&running.api, "hostile").await?;
    let record = running
        .record("the request's line", |record| {
            record["request_id"] == id && record["target"] == "http"
        })
        .await?;
    assert!(
        record["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty()),
        "{record}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_response_that_breaks_off_before_any_of_it_was_sent_is_a_problem_instead() -> Result {
    let running = Start::guests().await?.run().await?;
    // On a busy machine its turn may end between the two; then what there is is sent.
    let half = async || running.api.get("/hostile/half?n=10").send().await.ok();
    let answer = until("its end within its turn", half).await?;
    answer.problem(500, "function-failed");
    hello(&running.api, "hostile").await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_instance_at_work_for_it() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    // The neighbour's own limits of 30 and 10 seconds are far; a response that has begun
    // is given the hostile one's two seconds to come to its end without a reader.
    for (function, path) in [
        ("neighbour", "sleep?n=60000"),
        ("neighbour", "loop"),
        ("hostile", "stall"),
    ] {
        let call = running.api.get(&format!("/{function}/{path}"));
        let call = call.timeout(Duration::from_millis(300));
        assert!(call.send().await.is_err(), "{path} was answered");
        for series in ["spindrift_function_running", "spindrift_function_instances"] {
            within(Duration::from_secs(6), "the instance to end", async || {
                let sum = metrics::sum(&admin, series, &[function]).await.ok()?;
                (sum == 0.0).then_some(())
            })
            .await
            .with_context(|| format!("{series} after {path}"))?;
        }
        hello(&running.api, function).await?;
        let panic = format!("/{function}/panic");
        running
            .api
            .get(&panic)
            .send()
            .await?
            .problem(500, "function-failed");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_large_response_waits_for_its_reader_and_is_not_kept() -> Result {
    let running = Start::guests().await?.run().await?;
    hello(&running.api, "neighbour").await?;
    let before = metrics::resident_mib(running.pid()?)?;
    let path = "/neighbour/large?n=200000000";
    let mut response = running.api.get(path).begin().await?;
    let first = response.chunk().await?.map_or(0, |piece| piece.len());
    // Time enough to fill the memory, if it went there.
    for _ in 0..300 {
        hello(&running.api, "neighbour").await?;
    }
    let (mut length, mut most) = (first, metrics::resident_mib(running.pid()?)?);
    let mut pieces = 0;
    while let Some(piece) = response.chunk().await? {
        length += piece.len();
        pieces += 1;
        if pieces % 500 == 0 {
            most = most.max(metrics::resident_mib(running.pid()?)?);
        }
    }
    assert_eq!(length, 200_000_000);
    assert!(most < before + 20.0, "{before} MiB became {most} MiB");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_head_beyond_all_measure_fails_its_request_alone() -> Result {
    let running = Start::guests().await?.run().await?;
    let sane = running
        .api
        .get("/neighbour/headers?n=20")
        .send()
        .await?
        .expect(200);
    assert_eq!(sane.header_values("x-many").len(), 20);
    // Whatever becomes of it, the process goes on.
    _ = running.api.get("/neighbour/headers?n=100000").send().await;
    hello(&running.api, "neighbour").await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_a_function_prints_is_logged_under_its_name() -> Result {
    let running = Start::guests().await?.run().await?;
    running
        .api
        .get("/hostile/print?n=2000")
        .send()
        .await?
        .expect(200);
    let complaint = running
        .record("the complaint", |record| record["message"] == "a complaint")
        .await?;
    assert_eq!(
        (&complaint["function"], &complaint["level"]),
        (&"hostile".into(), &"WARN".into())
    );
    let last = running
        .record("the last line", |record| {
            record["message"] == "line 1999 of 2000"
        })
        .await?;
    assert_eq!(
        (&last["function"], &last["level"]),
        (&"hostile".into(), &"INFO".into())
    );
    running.stop().await?;
    Ok(())
}
