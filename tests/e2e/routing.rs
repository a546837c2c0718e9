//! Which function answers which path, and what it is told.

use spindrift_tests::{Api, Start};

use crate::Result;

async fn headers(api: &Api, path: &str) -> Result<Vec<String>> {
    let call = api
        .get(path)
        .header("spin-path-info", "/forged")
        .header("spin-forged", "yes");
    let text = call.send().await?.expect(200).text();
    Ok(text
        .lines()
        .map(str::to_owned)
        .filter(|line| line.starts_with("spin-"))
        .collect())
}

#[tokio::test]
async fn a_function_is_told_how_it_was_called_and_nobody_can_forge_it() -> Result {
    let running = Start::guests().await?.run().await?;
    let base = &running.api.url;
    let lines = headers(&running.api, "/probe/a/headers?x=1").await?;
    for expected in [
        "spin-path-info: /a/headers".to_owned(),
        "spin-matched-route: /probe/...".to_owned(),
        "spin-component-route: /probe".to_owned(),
        "spin-raw-component-route: /probe/...".to_owned(),
        "spin-base-path: /".to_owned(),
        format!("spin-full-url: {base}/probe/a/headers?x=1"),
    ] {
        assert!(
            lines.contains(&expected),
            "{expected} is not among {lines:#?}"
        );
    }
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("spin-client-addr: 127.0.0.1:"))
    );
    assert!(
        !lines.iter().any(|line| line.contains("forged")),
        "{lines:#?}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_function_that_names_no_added_header_is_given_what_its_caller_sent() -> Result {
    let running = Start::guests().await?.run().await?;
    let call = running.api.get("/poor/headers");
    let call = call
        .header("spin-full-url", "forged")
        .header("x-own", "sent");
    let seen = call.send().await?.expect(200).text();
    assert!(seen.contains("x-own: sent"), "{seen}");
    for added in ["spin-", "traceparent", "x-request-id"] {
        assert!(!seen.contains(added), "{seen}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_most_specific_route_wins_and_names_its_parameters() -> Result {
    let running = Start::guests().await?.run().await?;
    let lines = headers(&running.api, "/probe/special/gull/headers").await?;
    assert!(
        lines.contains(&"spin-path-match-name: gull".to_owned()),
        "{lines:#?}"
    );
    assert!(
        lines.contains(&"spin-matched-route: /probe/special/:name/headers".to_owned()),
        "{lines:#?}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_static_response_needs_no_function() -> Result {
    let running = Start::guests().await?.run().await?;
    let answer = running.api.get("/static").send().await?;
    assert_eq!(
        (answer.status, answer.text()),
        (418, "short and stout".to_owned())
    );
    assert_eq!(answer.header("x-kind"), "teapot");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_private_route_is_nobody_s() -> Result {
    let running = Start::guests().await?.run().await?;
    for path in ["/hidden", "/private", "/_events/hidden"] {
        running
            .api
            .get(path)
            .send()
            .await?
            .problem(404, "not-found");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn one_component_can_be_served_alone() -> Result {
    let running = Start::guests()
        .await?
        .args(&["-c", "neighbour"])
        .run()
        .await?;
    running
        .api
        .get("/neighbour/hello")
        .send()
        .await?
        .expect(200);
    running
        .api
        .get("/hostile/hello")
        .send()
        .await?
        .problem(404, "not-found");
    running.stop().await?;
    Ok(())
}
