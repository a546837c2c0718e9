//! Limits, and what is beyond them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use spindrift_tests::{Start, metrics, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::Result;
use crate::runtime_config::configured;

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

/// A server that takes its time, and tells how many it answered at once at most.
async fn slow_server() -> Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let host = listener.local_addr()?.to_string();
    let (now, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let seen = most.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (now, most) = (now.clone(), most.clone());
            tokio::spawn(async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                _ = stream.read(&mut [0; 4096]).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                let answer =
                    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nthere";
                _ = stream.write_all(answer).await;
            });
        }
    });
    Ok((host, seen))
}

#[tokio::test]
async fn requests_to_others_wait_for_one_another_beyond_their_number() -> Result {
    let (host, most) = slow_server().await?;
    let running = Start::guests()
        .await?
        .variable("allowed_host", &host)
        .run()
        .await?;
    let fetch = || {
        running
            .api
            .get(&format!("/modest/fetch?http://{host}/"))
            .send()
    };
    let answers = futures::future::try_join_all((0..6).map(|_| fetch())).await?;
    for answer in answers {
        assert_eq!(answer.expect(200).text(), "200 there");
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn requests_of_all_components_wait_beyond_the_number_of_the_process() -> Result {
    let (host, most) = slow_server().await?;
    let start = configured("[outbound_http]\nmax_connections = 1\n").await?;
    let running = start.variable("allowed_host", &host).run().await?;
    let fetch = |function: &str| {
        running
            .api
            .get(&format!("/{function}/fetch?http://{host}/"))
            .send()
    };
    let asked = ["probe", "modest", "probe", "modest"].map(fetch);
    let answers = futures::future::try_join_all(asked).await?;
    for answer in answers {
        assert_eq!(answer.expect(200).text(), "200 there");
    }
    assert_eq!(most.load(Ordering::SeqCst), 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_a_request_prints_beyond_its_limit_is_left_out() -> Result {
    let running = Start::guests().await?.run().await?;
    let left_out = |log: &str| log.matches("the rest is left out").count();
    for round in 1..=2 {
        // Some 400 KiB, in one instance after another's request.
        let loud = running.api.get("/neighbour/print?n=20000").send().await?;
        loud.expect(200);
        let log = running.log();
        assert_eq!(left_out(&log), round, "once for each request");
        assert!(!log.contains("line 19999 of 20000"));
    }
    let modest = running.api.get("/neighbour/print?n=10").send().await?;
    modest.expect(200);
    assert!(running.log().contains("line 9 of 10"));
    assert_eq!(left_out(&running.log()), 2);
    running.stop().await?;
    Ok(())
}
