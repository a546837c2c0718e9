//! The applications of `examples/`, as their READMEs have them tried.

use reqwest::Method;
use serde_json::json;
use spindrift_tests::{Redis, Running, Start, until, workspace};

use crate::Result;
use crate::capabilities::somebody_else;

async fn example(name: &str) -> Result<Start> {
    let manifest = format!("examples/{name}/spin.toml");
    Start::up(&workspace().join(manifest)).await
}

async fn said(running: &Running, method: Method, path: &str) -> Result<String> {
    let answer = running.api.call(method, path).send().await?;
    Ok(answer.expect(200).text())
}

#[tokio::test]
async fn hello_greets() -> Result {
    let running = example("hello").await?.run().await?;
    assert_eq!(
        said(&running, Method::GET, "/hello").await?,
        "Hello, world!\n"
    );
    let ada = said(&running, Method::GET, "/hello/Ada").await?;
    assert_eq!(ada, "Hello, Ada!\n");
    assert!(
        !running.state().join("postgres").exists(),
        "it asks for no database"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_counter_counts_and_forgets() -> Result {
    let running = example("counter").await?.run().await?;
    for count in ["1\n", "2\n"] {
        assert_eq!(said(&running, Method::POST, "/counter/a").await?, count);
    }
    assert_eq!(said(&running, Method::GET, "/counter/a").await?, "2\n");
    assert_eq!(said(&running, Method::GET, "/counter/b").await?, "0\n");
    let delete = running
        .api
        .call(Method::DELETE, "/counter/a")
        .send()
        .await?;
    delete.expect(204);
    assert_eq!(said(&running, Method::GET, "/counter/a").await?, "0\n");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn notes_are_kept_and_found() -> Result {
    let running = example("notes").await?.run().await?;
    for text in ["Water the plants", "Buy bread"] {
        let kept = running.api.call(Method::POST, "/notes").body(text);
        kept.send().await?.expect(201);
    }
    let listed = running.api.get("/notes?about=bread").send().await?;
    assert_eq!(
        listed.expect(200).json(),
        json!([{"id": 2, "text": "Buy bread"}])
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_function_asks_a_private_one() -> Result {
    let running = example("chain").await?.run().await?;
    assert_eq!(said(&running, Method::GET, "/shout/hey").await?, "HEY!\n");
    let private = running.api.get("/hey").send().await?;
    private.problem(404, "not-found");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn another_server_is_asked() -> Result {
    let server = format!("http://{}", somebody_else("ahoy!").await?);
    let start = example("fetch").await?.variable("server", &server);
    let running = start.run().await?;
    assert_eq!(said(&running, Method::GET, "/").await?, "It said: ahoy!\n");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn votes_are_counted_as_their_messages_come() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let start = example("votes")
        .await?
        .variable("redis_address", &redis.url());
    let running = start.run().await?;
    let listening = |record: &serde_json::Value| record["message"] == "listening";
    running.record("the subscription", listening).await?;
    for name in ["tea", "coffee", "tea"] {
        let vote = running.api.call(Method::POST, &format!("/votes/{name}"));
        vote.send().await?.expect(202);
    }
    until("three votes", async || {
        let standing = said(&running, Method::GET, "/votes").await.ok()?;
        (standing == "coffee 1\ntea 2\n").then_some(())
    })
    .await?;
    running.stop().await?;
    Ok(())
}
