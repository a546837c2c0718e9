//! `spindrift edge`: one address before services that serve the components.

mod away;
mod bodies;

use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use spindrift_tests::{Database, Running, Start, metrics, scratch, until, workspace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Result;

/// A service that the test answers for by hand.
struct Service {
    listener: TcpListener,
    port: u16,
}

impl Service {
    async fn new() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The next connection, and the head of the first request on it.
    async fn request(&self) -> Result<(TcpStream, String)> {
        let accepted = tokio::time::timeout(Duration::from_secs(20), self.listener.accept());
        let (mut stream, _) = accepted.await.context("nobody connects")??;
        let head = head(&mut stream).await?;
        Ok((stream, head))
    }
}

/// A head up to its empty line, in lower case.
async fn head(stream: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(head)?.to_lowercase())
}

/// An edge before one service, to which everything goes.
async fn before(port: u16, more: &[&str]) -> Result<Running> {
    let folder = scratch()?;
    let manifest = "spin_manifest_version = 2\n[application]\nname = \"x\"\n\
        [[trigger.http]]\nroute = \"/...\"\ncomponent = \"a\"\n[component.a]\nsource = \"none.wasm\"\n\
        [[trigger.http]]\nroute = \"/fixed\"\nstatic_response = { status_code = 418, body = \"tea\" }\n\
        [[trigger.http]]\nroute = { private = true }\ncomponent = \"hidden\"\n\
        [component.hidden]\nsource = \"none.wasm\"\n";
    let path = folder.path().join("spin.toml");
    std::fs::write(&path, manifest)?;
    let start = Start::edge(&path, "http://127.0.0.1:{service}")?;
    let placement = format!("a={port},hidden=1");
    start
        .env("SPINDRIFT_PLACEMENT", &placement)
        .args(more)
        .run()
        .await
}

fn port(running: &Running) -> &str {
    running.api.url.rsplit(':').next().unwrap_or_default()
}

/// The todo application in two services, and an edge before them.
async fn split(database: &Database) -> Result<(Running, Running, Running)> {
    let serve = async |components: &str| {
        let start = Start::serving_todo(database).await?;
        let only = ["--component", components, "--behind-proxy"];
        start.args(&only).run().await
    };
    let accounts = serve("auth,sign-in").await?;
    let rest = serve("tasks,docs,health").await?;
    let (a, r) = (port(&accounts), port(&rest));
    let mut placement = format!("auth={a},sign-in={a},tasks={r},docs={r},health={r}");
    for elsewhere in [
        "recurring-tasks",
        "stats",
        "notifications",
        "audit",
        "notify",
        "recur",
        "roll-forward",
        "remind",
        "sweep",
    ] {
        placement.push_str(&format!(",{elsewhere}=1"));
    }
    let manifest = workspace().join("spin.toml");
    let edge = Start::edge(&manifest, "http://127.0.0.1:{service}")?;
    let edge = edge.args(&["--placement", &placement]).run().await?;
    Ok((edge, accounts, rest))
}

#[tokio::test]
async fn an_application_in_several_services_is_one_behind_the_edge() -> Result {
    let database = Database::new().await?;
    let (edge, accounts, rest) = split(&database).await?;
    let person = edge.api.sign_up().await?;
    let call = person.post("/api/tasks", &json!({"title": "x"}));
    let made = call
        .header("x-request-id", "through")
        .send()
        .await?
        .expect(201);
    assert_eq!(made.header("x-request-id"), "through");
    // The functions know where they were called, and by whom.
    let body = json!({"email": person.email, "password": person.password()});
    let login = edge.api.post("/api/auth/login", &body);
    let login = login
        .header("origin", &edge.api.url)
        .send()
        .await?
        .expect(200);
    let cookies = format!("access={}", login.cookie("access").context("no cookie")?);
    let write = |origin: &str| {
        let call = edge.api.post("/api/tasks", &json!({"title": "y"}));
        call.header("cookie", &cookies)
            .header("origin", origin)
            .send()
    };
    write(&edge.api.url).await?.expect(201);
    write(&rest.api.url)
        .await?
        .problem(403, "origin-not-allowed");
    edge.api.get("/").send().await?.expect(200);
    edge.api
        .get("/nowhere")
        .send()
        .await?
        .problem(404, "not-found");
    for path in ["/_events/notify", "//_events/notify", "/_spindrift/readyz"] {
        let answer = edge.api.post(path, &json!({})).send().await?;
        answer.problem(404, "not-found");
    }
    // One id in both logs, and the route in both counts.
    let line = |running: &Running| {
        let mut records = running.records().into_iter();
        records.find(|r| r["request_id"] == "through" && r["target"] == "http")
    };
    let lines = until("a line in both logs", async || {
        Some((line(&edge)?, line(&rest)?))
    });
    let (outer, inner) = lines.await?;
    for name in ["method", "path", "route", "function", "status", "bytes"] {
        assert_eq!(outer[name], inner[name], "{name}");
    }
    let labels = ["route=\"/api/tasks/...\"", "status=\"201\""];
    for running in [&edge, &rest] {
        let admin = running.admin().await?;
        let count = metrics::sum(&admin, "spindrift_http_requests_total", &labels).await?;
        assert_eq!(count, 2.0);
        admin.get("/readyz").send().await?.expect(200);
    }
    for running in [edge, accounts, rest] {
        running.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_edge_answers_by_itself_what_needs_no_function() -> Result {
    let edge = before(1, &["--probes"]).await?;
    let answer = edge.api.get("/fixed").send().await?.expect(418);
    assert_eq!(answer.text(), "tea");
    let ready = edge.api.get("/_spindrift/readyz").send().await?;
    assert_eq!(ready.expect(200).text(), "ready\n");
    edge.api
        .post("/_events/a", &json!({}))
        .send()
        .await?
        .problem(404, "not-found");
    edge.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_concerns_one_connection_stays_on_it() -> Result {
    let service = Service::new().await?;
    let edge = before(service.port, &[]).await?;
    let mut caller = TcpStream::connect(format!("127.0.0.1:{}", port(&edge))).await?;
    caller
        .write_all(
            b"GET /a//b%2F?q=1&q=2 HTTP/1.1\r\nHost: todo.example\r\nConnection: keep-alive, X-Mine\r\n\
              X-Mine: 1\r\nTE: trailers\r\nUpgrade: h2c\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\
              X-Forwarded-Host: evil.example\r\nX-Request-Id: one\r\nTraceparent: 00-x\r\nX-Kept: 2\r\n\r\n",
        )
        .await?;
    let (mut stream, head_there) = service.request().await?;
    for line in [
        "get /a//b%2f?q=1&q=2 http/1.1\r\n",
        &format!("host: 127.0.0.1:{}\r\n", service.port),
        "x-forwarded-for: 127.0.0.1\r\n",
        "x-forwarded-proto: http\r\n",
        "x-forwarded-host: todo.example\r\n",
        "x-request-id: one\r\n",
        // What is none is replaced by one.
        "traceparent: 00-",
        "x-kept: 2\r\n",
    ] {
        assert!(head_there.contains(line), "{line:?} is not in {head_there}");
    }
    for name in [
        "x-mine",
        "\nte:",
        "upgrade",
        "6.6.6.6",
        "evil",
        "keep-alive",
    ] {
        assert!(!head_there.contains(name), "{name:?} is in {head_there}");
    }
    stream
        .write_all(
            b"HTTP/1.1 200 OK\r\nConnection: x-theirs\r\nX-Theirs: 1\r\nKeep-Alive: timeout=5\r\n\
              X-Kept: 3\r\nContent-Length: 2\r\n\r\nok",
        )
        .await?;
    let head_here = head(&mut caller).await?;
    for line in [
        "http/1.1 200 ok\r\n",
        "x-kept: 3\r\n",
        "x-request-id: one\r\n",
    ] {
        assert!(head_here.contains(line), "{line:?} is not in {head_here}");
    }
    for name in ["x-theirs", "keep-alive"] {
        assert!(!head_here.contains(name), "{name:?} is in {head_here}");
    }
    edge.stop().await?;
    Ok(())
}

#[tokio::test]
async fn behind_a_proxy_the_edge_goes_on_with_what_that_one_says() -> Result {
    let service = Service::new().await?;
    let edge = before(service.port, &["--behind-proxy"]).await?;
    let call = edge.api.get("/");
    let call = call
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "todo.example");
    let asked = tokio::spawn(call.send());
    let (mut stream, head) = service.request().await?;
    for line in [
        "x-forwarded-for: 203.0.113.9, 127.0.0.1\r\n",
        "x-forwarded-proto: https\r\n",
        "x-forwarded-host: todo.example\r\n",
    ] {
        assert!(head.contains(line), "{line:?} is not in {head}");
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    asked.await??.expect(204);
    edge.stop().await?;
    Ok(())
}
