//! Instances serve many requests, one after another, and never two at once.

use spindrift_tests::{Api, Start, metrics};

use crate::Result;

async fn count(api: &Api, function: &str) -> Result<u64> {
    Ok(api
        .get(&format!("/{function}/count"))
        .send()
        .await?
        .expect(200)
        .text()
        .parse()?)
}

#[tokio::test]
async fn a_static_lives_from_one_request_to_the_next() -> Result {
    let running = Start::guests().await?.run().await?;
    let mut counts = Vec::new();
    for _ in 0..50 {
        counts.push(count(&running.api, "neighbour").await?);
    }
    // A request that comes before the host has put the last one away finds the instance
    // taken, and is given another.
    let admin = running.admin().await?;
    let made = metrics::sum(
        &admin,
        "spindrift_function_instantiations_total",
        &["neighbour"],
    )
    .await?;
    assert!(made <= 5.0, "{made} instances for 50 requests in a row");
    assert!(counts.iter().max() >= Some(&10), "{counts:?}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_instance_is_replaced_after_its_number_of_requests() -> Result {
    let running = Start::guests().await?.run().await?;
    let mut counts = Vec::new();
    for _ in 0..30 {
        counts.push(count(&running.api, "short-lived").await?);
    }
    assert_eq!(counts.iter().max(), Some(&3), "{counts:?}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_instance_that_grew_is_replaced() -> Result {
    let running = Start::guests().await?.run().await?;
    // 20 MiB are more than the 8 that an idle one may keep.
    for _ in 0..5 {
        running
            .api
            .get("/neighbour/memory?n=20")
            .send()
            .await?
            .expect(200);
    }
    let admin = running.admin().await?;
    let made = metrics::sum(
        &admin,
        "spindrift_function_instantiations_total",
        &["neighbour"],
    )
    .await?;
    assert_eq!(made, 5.0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_instance_that_failed_serves_no_further_request() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    let mischief = ["panic", "exit", "memory?n=64", "loop", "panic"];
    for (path, calls) in mischief.iter().zip(1..) {
        let answer = running.api.get(&format!("/hostile/{path}")).send().await?;
        assert!(answer.status >= 500, "{path}: {}", answer.text());
        let made = metrics::sum(
            &admin,
            "spindrift_function_instantiations_total",
            &["hostile"],
        )
        .await?;
        assert_eq!(made, f64::from(calls), "after {path}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn no_instance_has_two_requests_at_once() -> Result {
    let running = Start::guests().await?.run().await?;
    for _ in 0..5 {
        let calls = (0..20).map(|_| running.api.get("/neighbour/alone?n=30").send());
        for answer in futures::future::try_join_all(calls).await? {
            assert_eq!(answer.expect(200).text(), "alone");
        }
    }
    running.stop().await?;
    Ok(())
}
