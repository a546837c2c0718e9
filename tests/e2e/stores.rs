//! Key-value stores, wherever the runtime configuration puts them.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::future::join_all;
use reqwest::Method;
use spindrift_tests::{Answer, Database, Redis, Running, Start, until};

use crate::Result;
use crate::database_away::Gate;
use crate::runtime_config::{configured, told};

/// Where the store `default` may be.
struct Place {
    /// Its table in the runtime configuration.
    table: String,
    /// `host:port` of a server; nothing of a file.
    host: Option<String>,
    /// Whether a page has as many keys as it may have.
    exact: bool,
    /// What has to be there meanwhile.
    _redis: Option<Redis>,
}

impl Place {
    fn file() -> Self {
        Self {
            table: "[key_value_store.default]\ntype = \"spin\"\npath = \"kept.sqlite\"\n"
                .to_owned(),
            host: None,
            exact: true,
            _redis: None,
        }
    }

    fn redis(redis: Redis) -> Self {
        Self {
            table: table("redis", &redis.url()),
            host: Some(redis.host()),
            exact: false,
            _redis: Some(redis),
        }
    }

    fn postgres(database: &Database) -> Self {
        Self {
            table: table("postgres", &database.superuser_url),
            host: Some(database.host.clone()),
            exact: true,
            _redis: None,
        }
    }

    /// All of them, with nothing in them; without Redis where that is not installed.
    async fn all() -> Result<Vec<Self>> {
        let mut places = vec![Self::file()];
        places.extend(Self::servers().await?);
        Ok(places)
    }

    async fn servers() -> Result<Vec<Self>> {
        let mut places = vec![Self::postgres(&Database::new().await?)];
        if !Redis::skipped() {
            places.push(Self::redis(Redis::start().await?));
        }
        Ok(places)
    }
}

fn table(kind: &str, url: &str) -> String {
    format!("[key_value_store.default]\ntype = \"{kind}\"\nurl = \"{url}\"\n")
}

/// The functions made for tests, with that table, and few connections to one database: all
/// tests share its server.
async fn start(table: &str) -> Result<Start> {
    let start = configured(table).await?;
    Ok(start.args(&["--database-connections", "4"]))
}

async fn recall(running: &Running) -> Result<Answer> {
    let request = running.api.call(Method::POST, "/probe/recall?default");
    request.send().await
}

#[tokio::test]
async fn every_interface_is_served_wherever_a_store_is() -> Result {
    for place in Place::all().await? {
        let running = start(&place.table).await?.run().await?;
        let pages = told(&running, "/older/pages", "").await?;
        if place.exact {
            assert_eq!(pages, "[10000, 1]");
        } else {
            let sizes = pages.trim_matches(['[', ']']).split(", ");
            let sum: u32 = sizes
                .map(str::parse::<u32>)
                .sum::<std::result::Result<u32, _>>()?;
            assert!(sum >= 10_001, "{pages}");
        }
        told(&running, "/probe/remember?default", "this").await?;
        for (path, body, expected) in [
            ("/probe/recall?default", "", "this"),
            (
                "/probe/keep?default",
                "",
                r#"true false Some([0, 255]) ["kept"]"#,
            ),
            ("/older/count", "", "1"),
            ("/older/count", "", "2"),
            ("/older/bucket", "default", r#"Some("2")"#),
            ("/older/swap", "", r#"[None, Some("one"), Some("again")]"#),
            ("/older/batch", "", r#"[("a", Some([49])), ("b", None)]"#),
        ] {
            let answer = told(&running, path, body).await?;
            assert_eq!(answer, expected, "{path} of {}", place.table);
        }
        let adding = (0..20).map(|_| told(&running, "/older/increment", "2"));
        for sum in join_all(adding).await {
            sum?;
        }
        assert_eq!(told(&running, "/older/increment", "-42").await?, "-2");
        // What was stored outlives the process.
        let running = running.stop().await?.run().await?;
        assert_eq!(recall(&running).await?.expect(200).text(), "this");
        running.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn processes_that_begin_at_once_have_one_store_on_a_server() -> Result {
    for place in Place::servers().await? {
        let one = start(&place.table).await?;
        let other = start(&place.table).await?;
        let (one, other) = tokio::try_join!(one.run(), other.run())?;
        let both = [&one, &other];
        let adding = (0..20_usize).map(|n| told(both[n % 2], "/older/increment", "1"));
        for sum in join_all(adding).await {
            sum?;
        }
        assert_eq!(told(&other, "/older/increment", "0").await?, "20");
        told(&one, "/probe/remember?default", "this").await?;
        assert_eq!(recall(&other).await?.expect(200).text(), "this");
        one.stop().await?;
        other.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_store_whose_server_is_away_says_so_at_once_and_is_there_again() -> Result {
    for place in Place::servers().await? {
        let host = place.host.as_deref().context("a file")?;
        let gate = Gate::to(host).await?;
        let table = place.table.replace(host, &gate.host);
        let running = start(&table).await?.run().await?;
        told(&running, "/probe/remember?default", "this").await?;
        gate.open.send_replace(false);
        let away = async || {
            let at = Instant::now();
            let answer = recall(&running).await.ok()?;
            assert!(at.elapsed() < Duration::from_secs(2), "{:?}", at.elapsed());
            (answer.status == 400).then(|| answer.text())
        };
        let words = until("its end to be noticed", away).await?;
        assert!(words.contains("key-value store"), "{words}");
        gate.open.send_replace(true);
        let back = async || {
            let answer = recall(&running).await.ok()?;
            (answer.status == 200).then(|| answer.text())
        };
        assert_eq!(until("the store to be back", back).await?, "this");
        running.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_role_that_may_make_no_table_takes_the_one_that_is_there() -> Result {
    let database = Database::new().await?;
    let administrator = database.connect().await?;
    administrator
        .batch_execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        .await?;
    let poor = table("postgres", &database.worker_url);
    let poor = start(&poor).await?.run().await?;
    let refused = recall(&poor).await?.expect(400).text();
    assert!(refused.contains("spindrift_key_value"), "{refused}");
    let login = database.worker_url.split('@').next().unwrap_or_default();
    let (_, password) = login.rsplit_once(':').context("no password")?;
    for said in [&refused, &poor.log()] {
        assert!(!said.contains(password), "{said}");
    }
    let rich = Place::postgres(&database);
    let rich = start(&rich.table).await?.run().await?;
    told(&rich, "/probe/remember?default", "this").await?;
    administrator
        .batch_execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON spindrift_key_value TO spindrift_worker",
        )
        .await?;
    assert_eq!(recall(&poor).await?.expect(200).text(), "this");
    poor.stop().await?;
    rich.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_store_on_redis_has_the_keys_that_the_server_has() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let started = start(&table("redis", &redis.url())).await?;
    let started = started.variable("redis_host", &redis.host());
    let running = started.run().await?;
    told(&running, "/probe/remember?default", "this").await?;
    told(&running, "/older/increment", "2").await?;
    let commands = "get probe\nincr sum\nset probe 7";
    let path = format!("/probe/redis?{}", redis.url());
    let said = told(&running, &path, commands).await?;
    assert_eq!(said, "Some([116, 104, 105, 115])\n3\n()");
    assert_eq!(recall(&running).await?.expect(200).text(), "7");
    assert_eq!(told(&running, "/older/increment", "1").await?, "4");
    running.stop().await?;
    Ok(())
}
