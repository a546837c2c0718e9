//! What a function is granted it has; what it is not granted it has not.

use reqwest::Method;
use spindrift_tests::{Answer, Api, Start};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::Result;

async fn probe(api: &Api, function: &str, what: &str) -> Result<Answer> {
    api.get(&format!("/{function}/{what}")).send().await
}

/// A server that says the same to every request, on a port of its own.
pub(crate) async fn somebody_else(said: &str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let host = listener.local_addr()?.to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
        said.len()
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            _ = stream.read(&mut head).await;
            _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Ok(host)
}

#[tokio::test]
async fn variables_are_those_of_the_component() -> Result {
    let running = Start::guests()
        .await?
        .variable("greeting", "ahoy")
        .variable("secret", "sailor")
        .run()
        .await?;
    let own = probe(&running.api, "probe", "variable?greeting")
        .await?
        .expect(200);
    assert_eq!(own.text(), "ahoy, sailor");
    for (function, name) in [
        ("probe", "secret"),
        ("poor", "greeting"),
        ("probe", "no such name"),
    ] {
        let answer = running
            .api
            .get(&format!("/{function}/variable?{}", name.replace(' ', "-")))
            .send()
            .await?;
        assert_eq!(answer.status, 400, "{function} was told {name}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_environment_is_what_was_granted_and_nothing_of_the_process_s() -> Result {
    let start = Start::guests()
        .await?
        .args(&["--env", "FROM_COMMAND=line"])
        .env("OF_THE_PROCESS", "secret");
    let running = start.run().await?;
    assert_eq!(
        probe(&running.api, "probe", "environment").await?.text(),
        "FROM_COMMAND=line\nFROM_MANIFEST=yes"
    );
    assert_eq!(
        probe(&running.api, "poor", "environment").await?.text(),
        "FROM_COMMAND=line"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn files_are_read_where_they_were_granted_and_nowhere_else() -> Result {
    let running = Start::guests().await?.run().await?;
    let api = &running.api;
    assert_eq!(
        probe(api, "probe", "read?/granted/note.txt")
            .await?
            .expect(200)
            .text(),
        "granted\n"
    );
    for path in [
        "/etc/passwd",
        "/granted/../spin.toml",
        "/granted/../../Cargo.toml",
        "spin.toml",
        "/",
    ] {
        assert_eq!(
            probe(api, "probe", &format!("read?{path}")).await?.status,
            400,
            "{path}"
        );
    }
    assert_eq!(
        probe(api, "probe", "write?/granted/new.txt").await?.status,
        400
    );
    assert_eq!(
        probe(api, "probe", "write?/granted/note.txt").await?.status,
        400
    );
    assert_eq!(
        probe(api, "poor", "read?/granted/note.txt").await?.status,
        400
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_store_is_open_to_whom_it_was_granted() -> Result {
    let running = Start::guests().await?.run().await?;
    let set = running
        .api
        .call(Method::POST, "/probe/remember?default")
        .body("a thing");
    set.send().await?.expect(200);
    assert_eq!(
        probe(&running.api, "probe", "recall?default").await?.text(),
        "a thing"
    );
    assert_eq!(
        probe(&running.api, "probe", "recall?other").await?.status,
        400
    );
    assert_eq!(
        probe(&running.api, "poor", "recall?default").await?.status,
        400
    );
    let log = running.log();
    assert!(
        log.contains("key_value_stores = [\\\"default\\\"]"),
        "the log has the line that would allow it:\n{log}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn other_hosts_are_reached_when_allowed_and_the_denial_says_how() -> Result {
    let host = somebody_else("there").await?;
    let running = Start::guests()
        .await?
        .variable("allowed_host", &host)
        .run()
        .await?;
    let fetched = probe(&running.api, "probe", &format!("fetch?http://{host}/x"))
        .await?
        .expect(200);
    assert_eq!(fetched.text(), "200 there");
    let other = somebody_else("there").await?;
    for (function, url) in [
        ("poor", format!("http://{host}/")),
        ("probe", format!("http://{other}/")),
        ("probe", format!("https://{host}/")),
        (
            "probe",
            "http://169.254.169.254/latest/meta-data".to_owned(),
        ),
        (
            "probe",
            format!(
                "http://localhost:{}/",
                host.rsplit(':').next().unwrap_or("")
            ),
        ),
    ] {
        let answer = probe(&running.api, function, &format!("fetch?{url}")).await?;
        assert_eq!(
            answer.status,
            400,
            "{function} reached {url}: {}",
            answer.text()
        );
        assert!(answer.text().contains("Denied"), "{}", answer.text());
    }
    let log = running.log();
    for part in ["allowed_outbound_hosts = [", &format!("http://{other}")] {
        assert!(log.contains(part), "{part} is not in the log:\n{log}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_is_denied_to_whom_it_was_not_granted() -> Result {
    let database = spindrift_tests::Database::new().await?;
    let start = Start::guests()
        .await?
        .variable("database_url", &database.app_url);
    let running = start
        .variable("database_host", &database.host)
        .run()
        .await?;
    let ask = |function: &str| {
        running
            .api
            .call(Method::POST, &format!("/{function}/sql"))
            .body("SELECT 'here'")
            .send()
    };
    assert_eq!(ask("probe").await?.expect(200).text(), "here");
    let denied = ask("poor").await?;
    assert_eq!(denied.status, 400);
    let line = format!("postgres://{}", database.host);
    assert!(denied.text().contains(&line), "{}", denied.text());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn randomness_is_random_and_clocks_go() -> Result {
    let running = Start::guests().await?.run().await?;
    let (one, two) = (
        probe(&running.api, "poor", "random").await?,
        probe(&running.api, "poor", "random").await?,
    );
    assert_eq!(one.text().len(), 32);
    assert_ne!(one.text(), two.text());
    let clocks = probe(&running.api, "poor", "clocks")
        .await?
        .expect(200)
        .text();
    let (wall, slept) = clocks.split_once(' ').unwrap_or(("", ""));
    assert!(
        (wall.parse::<i64>()? - chrono::Utc::now().timestamp()).abs() < 10,
        "{clocks}"
    );
    assert!((20..1000).contains(&slept.parse::<i32>()?), "{clocks}");
    running.stop().await?;
    Ok(())
}
