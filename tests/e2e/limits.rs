//! Limits, and what is beyond them.

use std::time::{Duration, Instant};

use reqwest::Method;
use spindrift_tests::{Start, metrics, until};

use crate::Result;

#[tokio::test]
async fn a_function_with_one_turn_queues_one_and_refuses_the_rest() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    let api = &running.api;
    let first = tokio::spawn(api.get("/narrow/sleep?n=400").send());
    until("the first to run", async || {
        (metrics::sum(&admin, "spindrift_function_running", &["narrow"])
            .await
            .ok()?
            == 1.0)
            .then_some(())
    })
    .await?;
    let second = tokio::spawn(api.get("/narrow/hello").send());
    until("the second to wait", async || {
        (metrics::sum(&admin, "spindrift_function_waiting", &["narrow"])
            .await
            .ok()?
            == 1.0)
            .then_some(())
    })
    .await?;
    let begun = Instant::now();
    let third = api.get("/narrow/hello").send().await?;
    third.problem(503, "overloaded");
    assert_eq!(third.header("retry-after"), "1");
    insta::assert_json_snapshot!("overloaded", third.record());
    assert!(
        begun.elapsed() < Duration::from_millis(300),
        "a full queue refuses at once"
    );
    // Others have queues of their own.
    api.get("/neighbour/hello").send().await?.expect(200);
    first.await??.expect(200);
    second.await??.expect(200);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn who_waited_long_enough_is_refused() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    let first = tokio::spawn(running.api.get("/narrow/sleep?n=3000").send());
    until("the first to run", async || {
        (metrics::sum(&admin, "spindrift_function_running", &["narrow"])
            .await
            .ok()?
            == 1.0)
            .then_some(())
    })
    .await?;
    let begun = Instant::now();
    running
        .api
        .get("/narrow/hello")
        .send()
        .await?
        .problem(503, "overloaded");
    let waited = begun.elapsed();
    assert!((450..2500).contains(&waited.as_millis()), "{waited:?}");
    first.await??.expect(200);
    assert!(
        metrics::sum(
            &admin,
            "spindrift_function_failures_total",
            &["narrow", "busy"]
        )
        .await?
            >= 1.0
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_body_may_be_as_large_as_its_function_s_limit() -> Result {
    let running = Start::guests().await?.run().await?;
    let upload = |bytes: usize| {
        running
            .api
            .call(Method::POST, "/hostile/upload")
            .body(vec![b'x'; bytes])
    };
    assert_eq!(upload(64 << 10).send().await?.expect(200).text(), "65536");
    let announced = upload((64 << 10) + 1).send().await?;
    announced.problem(413, "body-too-large");
    let pieces = futures::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 4096])));
    let streamed = running
        .api
        .call(Method::POST, "/hostile/upload")
        .body(reqwest::Body::wrap_stream(pieces));
    streamed.send().await?.problem(413, "body-too-large");
    // The neighbour has the same code and the default limit.
    let large = running
        .api
        .call(Method::POST, "/neighbour/upload")
        .body(vec![b'x'; 1 << 20]);
    assert_eq!(large.send().await?.expect(200).text(), "1048576");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn waiting_and_working_end_when_their_time_is_up() -> Result {
    let running = Start::guests().await?.run().await?;
    for (path, least, most) in [("sleep?n=60000", 1900, 4000), ("loop", 400, 4000)] {
        let begun = Instant::now();
        let answer = running.api.get(&format!("/hostile/{path}")).send().await?;
        answer.problem(504, "function-timeout");
        let took = begun.elapsed().as_millis();
        assert!((least..most).contains(&took), "{path} took {took} ms");
    }
    // Up to there nothing is cut short.
    running
        .api
        .get("/hostile/sleep?n=1000")
        .send()
        .await?
        .expect(200);
    running.stop().await?;
    Ok(())
}
