//! `/health`, under its three names.

use reqwest::Method;

use crate::{Result, todo};

#[tokio::test]
async fn health_answers_under_three_names_when_the_database_does() -> Result {
    let (running, _) = todo().await?;
    for path in ["/health", "/api/health", "/api/v1/health"] {
        let answer = running.api.get(path).send().await?.expect(200);
        insta::assert_json_snapshot!("well", answer.record());
        assert!(answer.json()["database"]["latency_ms"].as_f64() > Some(0.0));
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() -> Result {
    let (running, _) = todo().await?;
    let answer = running
        .api
        .call(Method::HEAD, "/health")
        .send()
        .await?
        .expect(200);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("content-type"), "application/json");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn health_takes_no_other_method() -> Result {
    let (running, _) = todo().await?;
    let answer = running.api.delete("/health").send().await?;
    answer.problem(405, "method-not-allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD");
    running.stop().await?;
    Ok(())
}
