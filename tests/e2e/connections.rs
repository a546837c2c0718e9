//! Callers' connections, and what they may take.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use spindrift_tests::{Running, Start, metrics, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Result;

const REQUEST: &[u8] = b"GET /static HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn guests(arguments: &[&str]) -> Result<Running> {
    Start::guests().await?.args(arguments).run().await
}

async fn connect(running: &Running) -> Result<TcpStream> {
    Ok(TcpStream::connect(running.api.url.trim_start_matches("http://")).await?)
}

/// One answer, which is short.
async fn answer(stream: &mut TcpStream) -> Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"stout") {
        let mut more = [0; 4096];
        let read = timeout(Duration::from_secs(5), stream.read(&mut more)).await??;
        anyhow::ensure!(
            read > 0,
            "closed after {:?}",
            String::from_utf8_lossy(&bytes)
        );
        bytes.extend_from_slice(&more[..read]);
    }
    Ok(String::from_utf8(bytes)?.to_ascii_lowercase())
}

/// Until the other end closes.
async fn closed(stream: &mut TcpStream) -> Result<Duration> {
    let begun = Instant::now();
    let mut rest = Vec::new();
    timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await??;
    Ok(begun.elapsed())
}

#[tokio::test]
async fn who_is_slow_with_a_head_is_let_go_and_so_is_who_says_nothing_more() -> Result {
    let running = guests(&["--header-timeout", "700ms"]).await?;
    let mut silent = connect(&running).await?;
    let mut slow = connect(&running).await?;
    slow.write_all(&REQUEST[..20]).await?;
    let mut idle = connect(&running).await?;
    idle.write_all(REQUEST).await?;
    assert!(answer(&mut idle).await?.starts_with("http/1.1 418"));
    for stream in [&mut silent, &mut slow, &mut idle] {
        let waited = closed(stream).await?;
        assert!(waited < Duration::from_secs(3), "{waited:?}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_ends_after_its_number_of_requests() -> Result {
    let running = guests(&["--max-requests-per-connection", "3"]).await?;
    let mut stream = connect(&running).await?;
    for number in 1..=3 {
        stream.write_all(REQUEST).await?;
        let said = answer(&mut stream).await?;
        let last = said.contains("connection: close");
        assert_eq!(last, number == 3, "{number}: {said}");
    }
    closed(&mut stream).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn beyond_their_number_connections_wait_for_one_another() -> Result {
    let running = guests(&["--max-connections", "3"]).await?;
    // Those that saw it start may still be open.
    until("the first to be accepted", async || {
        let mut stream = connect(&running).await.ok()?;
        stream.write_all(REQUEST).await.ok()?;
        answer(&mut stream).await.ok()
    })
    .await?;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&running).await?;
        stream.write_all(REQUEST).await?;
        open.push(stream);
    }
    let mut late = connect(&running).await?;
    late.write_all(REQUEST).await?;
    let refused = timeout(Duration::from_millis(700), answer(&mut late)).await;
    assert!(refused.is_err(), "it was not to be accepted yet");
    open.clear();
    assert!(answer(&mut late).await?.starts_with("http/1.1 418"));
    running.stop().await?;
    Ok(())
}

fn descriptors(pid: Pid) -> Result<u64> {
    let folder = format!("/proc/{}/fd", pid.as_raw_nonzero());
    Ok(fs::read_dir(folder)?.count().try_into()?)
}

#[tokio::test]
async fn out_of_descriptors_it_goes_on_and_recovers() -> Result {
    let running = guests(&[]).await?;
    running
        .api
        .get("/neighbour/hello")
        .send()
        .await?
        .expect(200);
    let pid = running.pid()?;
    let few = Rlimit {
        current: Some(descriptors(pid)? + 5),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    let before = prlimit(Some(pid), Resource::Nofile, few)?;
    let mut open = Vec::new();
    for _ in 0..40 {
        open.push(connect(&running).await?);
    }
    until("it to run out of them", async || {
        running
            .log()
            .contains("cannot accept connections")
            .then_some(())
    })
    .await?;
    open.clear();
    // Accepting goes on without anybody's help.
    let mut stream = connect(&running).await?;
    stream.write_all(REQUEST).await?;
    assert!(answer(&mut stream).await?.starts_with("http/1.1 418"));
    prlimit(Some(pid), Resource::Nofile, before)?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_function_in_a_loop_does_not_hold_up_a_stop() -> Result {
    let running = guests(&[]).await?;
    let looping = tokio::spawn(running.api.get("/hostile/loop").send());
    let admin = running.admin().await?;
    until("the loop to begin", async || {
        let running = metrics::sum(&admin, "spindrift_function_running", &["hostile"]).await;
        (running.ok()? == 1.0).then_some(())
    })
    .await?;
    let begun = Instant::now();
    running.stop().await?;
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    looping.await??.problem(504, "function-timeout");
    Ok(())
}
