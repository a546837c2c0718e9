//! What functions ask of Redis.

use std::fs;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::Method;
use rustix::process::Signal;
use spindrift_tests::{Answer, Redis, Running, Start, until};

use crate::Result;

/// The functions made for tests, with a server that they may reach.
async fn started(redis: &Redis) -> Result<Running> {
    let start = Start::guests().await?;
    start.variable("redis_host", &redis.host()).run().await
}

async fn ask(running: &Running, path: &str, commands: &str) -> Result<Answer> {
    let request = running
        .api
        .call(Method::POST, path)
        .body(commands.to_owned());
    request.send().await
}

async fn redis_of(running: &Running, redis: &Redis, commands: &str) -> Result<Answer> {
    ask(running, &format!("/probe/redis?{}", redis.url()), commands).await
}

#[tokio::test]
async fn every_operation_does_what_it_says_in_both_generations() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let running = started(&redis).await?;
    let commands = [
        ("set a 1", "()"),
        ("get a", "Some([49])"),
        ("incr a", "2"),
        ("get none", "None"),
        ("del a none", "1"),
        ("sadd s x y x", "2"),
        ("smembers s", "[\"x\", \"y\"]"),
        ("srem s x z", "1"),
        ("publish c hello", "()"),
        ("set b x:00ff80", "()"),
        ("get b", "Some([0, 255, 128])"),
        ("SET b x:00ff", "[RedisResult::Status(\"OK\")]"),
        ("GET b", "[RedisResult::Binary([0, 255])]"),
        ("GET none", "[RedisResult::Nil]"),
        ("RPUSH l 7 x", "[RedisResult::Int64(2)]"),
        (
            "LRANGE l 0 -1",
            "[RedisResult::Binary([55]), RedisResult::Binary([120])]",
        ),
    ];
    let asked = commands.map(|(command, _)| command).join("\n");
    let answer = redis_of(&running, &redis, &asked).await?.expect(200);
    let told = commands.map(|(_, told)| told).join("\n");
    assert_eq!(answer.text(), told);
    for wrong in ["get l", "incr b", "smembers b"] {
        let answer = redis_of(&running, &redis, wrong).await?;
        assert_eq!((answer.status, &*answer.text()), (400, "Error::TypeError"));
    }
    let refused = redis_of(&running, &redis, "NONSENSE x").await?;
    assert!(
        refused.text().contains("unknown command"),
        "{}",
        refused.text()
    );
    // A component of the generation before has the same server.
    let path = format!("/older/redis?{}", redis.url());
    let older = ask(&running, &path, "count").await?.expect(200).text();
    assert!(older.starts_with("1 ") && older.contains("[49]"), "{older}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_was_not_granted_is_not_reached() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let running = started(&redis).await?;
    let path = format!("/poor/redis?{}", redis.url());
    for (path, why) in [
        (path.as_str(), "not granted"),
        ("/probe/redis?redis://127.0.0.1:1", "another port"),
        ("/probe/redis?http://127.0.0.1", "another scheme"),
        ("/probe/redis?nonsense", "no address"),
    ] {
        let answer = ask(&running, path, "get a").await?;
        let told = answer.text();
        assert_eq!(
            (answer.status, &*told),
            (400, "Error::InvalidAddress"),
            "{why}"
        );
    }
    let log = running.log();
    let line = format!(
        "may not reach redis://{}; allow it in spin.toml",
        redis.host()
    );
    assert!(log.contains(&line), "the log says how:\n{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_and_one_that_comes_back_is_reached() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let mut redis = Redis::start().await?;
    let running = started(&redis).await?;
    redis_of(&running, &redis, "set a 1").await?.expect(200);
    redis.kill();
    let away = async || {
        let at = Instant::now();
        let answer = redis_of(&running, &redis, "get a").await.ok()?;
        assert_eq!(answer.status, 400);
        assert!(at.elapsed() < Duration::from_secs(2), "{:?}", at.elapsed());
        let told = answer.text();
        told.contains("cannot connect to Redis at").then_some(())
    };
    until("its end to be noticed", away).await?;
    redis.resume().await?;
    let answer = redis_of(&running, &redis, "get a").await?.expect(200);
    assert_eq!(answer.text(), "None", "it has forgotten everything");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_a_function_no_longer_than_its_time() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let running = started(&redis).await?;
    redis_of(&running, &redis, "set a 1").await?.expect(200);
    redis.signal(Signal::STOP)?;
    let at = Instant::now();
    let answer = redis_of(&running, &redis, "get a").await?;
    answer.problem(504, "function-timeout");
    assert!(at.elapsed() < Duration::from_secs(10), "{:?}", at.elapsed());
    redis.signal(Signal::CONT)?;
    until("it to be asked again", async || {
        let answer = redis_of(&running, &redis, "get a").await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_a_function_does_to_its_connection_is_noticed_by_no_other() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let running = started(&redis).await?;
    redis_of(&running, &redis, "set k first").await?.expect(200);
    let elsewhere = "SELECT 3\nset k x:07\nget k";
    let answer = redis_of(&running, &redis, elsewhere).await?.expect(200);
    assert!(answer.text().ends_with("Some([7])"), "{}", answer.text());
    // A transaction without an end, and its request with one.
    let open = redis_of(&running, &redis, "MULTI\nset k x:08").await?;
    open.expect(200);
    let closed = "MULTI\nset m x:09\nEXEC\nget m";
    let answer = redis_of(&running, &redis, closed).await?.expect(200);
    assert!(answer.text().ends_with("Some([9])"), "{}", answer.text());
    let at = Instant::now();
    let answer = redis_of(&running, &redis, "get k").await?.expect(200);
    assert_eq!(answer.text(), "Some([102, 105, 114, 115, 116])");
    assert!(at.elapsed() < Duration::from_secs(1), "nobody waits");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_with_tls_is_believed_by_what_this_system_trusts_and_no_other() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let start = Start::guests().await?;
    let names = vec!["127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| start.folder().join(name));
    fs::write(&certificate, cert.pem())?;
    fs::write(&key, signing_key.serialize_pem())?;
    let redis = Redis::secure(&certificate, &key).await?;
    let host = redis.secure_host();
    let path = format!("/probe/redis?rediss://{host}");
    let start = start.variable("secure_redis_host", &host);
    let running = start.run().await?;
    let stranger = ask(&running, &path, "get a").await?;
    assert_eq!(stranger.status, 400);
    assert!(
        stranger.text().contains("certificate"),
        "{}",
        stranger.text()
    );
    let start = running.stop().await?;
    let trusted = certificate.display().to_string();
    let running = start.env("SSL_CERT_FILE", &trusted).run().await?;
    let answer = ask(&running, &path, "set a 1\nget a").await?.expect(200);
    assert_eq!(answer.text(), "()\nSome([49])");
    running.stop().await?;
    Ok(())
}
