//! Functions that ask their own application.

use serde_json::Value;
use spindrift_tests::{Answer, Running, Start, metrics};

use crate::Result;

async fn fetch(running: &Running, function: &str, url: &str) -> Result<Answer> {
    let path = format!("/{function}/fetch?{url}");
    running.api.get(&path).send().await
}

#[tokio::test]
async fn a_function_reaches_the_components_that_it_is_allowed() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    // `hidden` has no route that strangers reach.
    let answer = fetch(&running, "probe", "http://hidden.spin.internal/hello").await?;
    assert_eq!(answer.expect(200).text(), "200 hello");
    let asked = metrics::sum(&admin, "spindrift_http_requests_total", &["hidden"]).await?;
    assert_eq!(asked, 1.0, "it is counted as a request is");
    for (function, url) in [
        ("poor", "http://hidden.spin.internal/hello"),
        ("probe", "http://neighbour.spin.internal/hello"),
        ("poor", "http://self.alt/static"),
    ] {
        let answer = fetch(&running, function, url).await?;
        assert_eq!(answer.status, 400, "{function} reached {url}");
        assert!(answer.text().contains("Denied"), "{}", answer.text());
    }
    let log = running.log();
    assert!(
        log.contains("allowed_outbound_hosts = [\\\"http://hidden.spin.internal\\\"]"),
        "the log has the line that would allow it:\n{log}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_component_that_is_not_there_is_an_error_of_whoever_asks() -> Result {
    let running = Start::guests().await?.run().await?;
    let answer = fetch(&running, "probe", "http://nobody.spin.internal/").await?;
    assert_eq!(answer.status, 400);
    let log = running.log();
    assert!(log.contains("there is no such component here"), "{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn its_own_routes_are_reached_as_from_outside() -> Result {
    let running = Start::guests().await?.run().await?;
    let answer = fetch(&running, "probe", "http://self.alt/static").await?;
    assert_eq!(answer.expect(200).text(), "418 short and stout");
    // What is private stays so, and no path leads to where events are given.
    for path in ["/hello", "/_events/ticked"] {
        let answer = fetch(&running, "probe", &format!("http://self.alt{path}")).await?;
        let text = answer.expect(200).text();
        assert!(text.starts_with("404 "), "{path}: {text}");
    }
    // A function sees where it was asked.
    let answer = fetch(&running, "probe", "http://self.alt/probe/headers").await?;
    let text = answer.expect(200).text();
    for line in [
        "spin-full-url: http://self.alt/probe/headers",
        "spin-client-addr: 0.0.0.0:0",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_goes_wrong_in_a_neighbour_is_its_answer() -> Result {
    let running = Start::guests().await?.run().await?;
    for mischief in ["panic", "exit", "error"] {
        let url = format!("http://hidden.spin.internal/{mischief}");
        let answer = fetch(&running, "probe", &url).await?;
        let text = answer.expect(200).text();
        let problem: Value = serde_json::from_str(text.trim_start_matches("500 "))?;
        assert_eq!(problem["status"], 500, "{mischief}: {text}");
    }
    // It ends with the request that asked.
    let answer = fetch(
        &running,
        "probe",
        "http://hidden.spin.internal/sleep?n=60000",
    )
    .await?;
    answer.problem(504, "function-timeout");
    let admin = running.admin().await?;
    spindrift_tests::until("the neighbour to end", async || {
        let running = metrics::sum(&admin, "spindrift_function_running", &["hidden"]).await;
        (running.ok()? == 0.0).then_some(())
    })
    .await?;
    running.stop().await?;
    Ok(())
}
