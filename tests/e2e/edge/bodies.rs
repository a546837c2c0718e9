//! What passes the edge piece by piece.

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures::StreamExt;
use reqwest::Method;
use spindrift_tests::{Answer, Start, workspace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{Service, before, head, port};
use crate::Result;

#[tokio::test]
async fn bodies_stream_both_ways_as_they_come() -> Result {
    let service = Service::new().await?;
    let edge = before(service.port, &[]).await?;
    let (send, parts) = mpsc::channel::<std::io::Result<Bytes>>(1);
    let parts = futures::stream::unfold(parts, async |mut parts| {
        let part = parts.recv().await?;
        Some((part, parts))
    });
    let call = edge
        .api
        .call(Method::POST, "/")
        .body(reqwest::Body::wrap_stream(parts));
    let asked = tokio::spawn(call.begin());
    send.send(Ok("first".into())).await?;
    let (mut stream, head) = service.request().await?;
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    let mut chunk = [0; 10];
    stream.read_exact(&mut chunk).await?;
    assert_eq!(&chunk, b"5\r\nfirst\r\n");
    send.send(Ok("second".into())).await?;
    drop(send);
    let mut rest = [0; 16];
    stream.read_exact(&mut rest).await?;
    assert_eq!(&rest, b"6\r\nsecond\r\n0\r\n\r\n");

    let begin =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(begin.as_bytes()).await?;
    let mut answer = asked.await??.bytes_stream();
    for event in ["data: 1\n\n", "data: 2\n\n"] {
        let chunk = format!("{:x}\r\n{event}\r\n", event.len());
        stream.write_all(chunk.as_bytes()).await?;
        let seen = tokio::time::timeout(Duration::from_secs(20), answer.next());
        assert_eq!(seen.await?.context("an end")??, event);
    }
    // A caller that is gone is gone for the service as well.
    drop(answer);
    let mut end = [0; 1];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut end));
    ensure!(read.await.context("the service was not told")?? == 0);
    edge.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_service_is_told_when_its_caller_gives_up() -> Result {
    let service = Service::new().await?;
    let edge = before(service.port, &[]).await?;
    let mut caller = TcpStream::connect(format!("127.0.0.1:{}", port(&edge))).await?;
    let request = b"GET / HTTP/1.1\r\nHost: todo.example\r\n\r\n";
    caller.write_all(request).await?;
    let (mut stream, _) = service.request().await?;
    drop(caller);
    let mut end = [0; 1];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut end));
    ensure!(read.await.context("the service was not told")?? == 0);
    edge.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_large_body_passes_in_both_directions() -> Result {
    let guests = workspace().join("tests/guests/spin.toml");
    let serve = Start::serving(&guests).await?;
    let serve = serve.args(&["--component", "neighbour"]).run().await?;
    let placed = |port: &str| {
        let ids = [
            "hostile",
            "narrow",
            "modest",
            "short-lived",
            "probe",
            "poor",
            "older",
            "patient",
            "hidden",
        ];
        let others: Vec<String> = ids.iter().map(|id| format!("{id}=1")).collect();
        format!("neighbour={port},{}", others.join(","))
    };
    let edge = Start::edge(&guests, "http://127.0.0.1:{service}")?;
    let edge = edge
        .args(&["--placement", &placed(port(&serve))])
        .run()
        .await?;
    let body = vec![b'x'; 1 << 20];
    let upload = edge.api.call(Method::POST, "/neighbour/upload").body(body);
    let same = |through: Answer, direct: Answer| {
        assert_eq!(through.status, direct.status);
        assert_eq!(through.body, direct.body);
    };
    let direct = serve.api.call(Method::POST, "/neighbour/upload");
    let direct = direct.body(vec![b'x'; 1 << 20]).send().await?;
    same(upload.send().await?.expect(200), direct);
    // More than the function takes: its answer comes through before the body's end.
    let large = vec![b'x'; 3 << 20];
    let answer = edge.api.call(Method::POST, "/neighbour/upload").body(large);
    answer.send().await?.problem(413, "body-too-large");
    let large = "/neighbour/large?n=5000000";
    let direct = serve.api.get(large).send().await?.expect(200);
    same(edge.api.get(large).send().await?, direct);
    edge.stop().await?;
    serve.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_both_ends_upgrade_is_theirs() -> Result {
    let service = Service::new().await?;
    let edge = before(service.port, &[]).await?;
    let mut caller = TcpStream::connect(format!("127.0.0.1:{}", port(&edge))).await?;
    caller
        .write_all(
            b"GET /socket HTTP/1.1\r\nHost: todo.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Request-Id: socket\r\n\r\n",
        )
        .await?;
    let (mut stream, asked) = service.request().await?;
    for line in [
        "connection: upgrade\r\n",
        "upgrade: websocket\r\n",
        "sec-websocket-key: ",
    ] {
        assert!(asked.contains(line), "{line:?} is not in {asked}");
    }
    stream
        .write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello",
        )
        .await?;
    let answered = head(&mut caller).await?;
    for line in [
        "http/1.1 101 switching protocols\r\n",
        "upgrade: websocket\r\n",
        "sec-websocket-accept: ",
    ] {
        assert!(answered.contains(line), "{line:?} is not in {answered}");
    }
    let mut hello = [0; 5];
    caller.read_exact(&mut hello).await?;
    assert_eq!(&hello, b"hello");
    caller.write_all(b"and back").await?;
    let mut back = [0; 8];
    stream.read_exact(&mut back).await?;
    assert_eq!(&back, b"and back");
    drop((caller, stream));
    let line = edge.record("the line of the connection", |record| {
        record["request_id"] == "socket" && record["status"] == 101
    });
    assert_eq!(line.await?["bytes"], 5);
    edge.stop().await?;
    Ok(())
}
