//! Connections of functions' requests to other servers, which are used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use spindrift_tests::{Running, Start, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::Result;
use crate::runtime_config::configured;

/// How many requests are made one after another.
const MANY: usize = 20;

/// How a server treats its connections.
#[derive(Clone, Copy)]
enum Manner {
    /// It answers as long as it is asked.
    Stays,
    /// It hangs up after an answer, and does not say so before.
    Leaves,
    /// It hears a second request out, and hangs up without an answer.
    LeavesUnsaid,
    /// Its answer has no end.
    Endless,
}

/// A server that counts.
struct Server {
    host: String,
    seen: Arc<Seen>,
    /// Ends with this.
    _serving: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    accepted: AtomicUsize,
    requests: AtomicUsize,
    closed: AtomicUsize,
}

impl Server {
    async fn start(manner: Manner) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        let seen = Arc::<Seen>::default();
        let noted = seen.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, manner, noted.clone()));
            }
        });
        Ok(Self {
            host,
            seen,
            _serving: serving,
        })
    }

    fn accepted(&self) -> usize {
        self.seen.accepted.load(Ordering::SeqCst)
    }

    fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// Returns once so many connections are closed.
    async fn closed(&self, wanted: usize) -> Result {
        let closed = async || {
            let closed = self.seen.closed.load(Ordering::SeqCst);
            (closed == wanted).then_some(())
        };
        until("connections to be closed", closed).await
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, seen: Arc<Seen>) {
    seen.accepted.fetch_add(1, Ordering::SeqCst);
    let mut turn = 0;
    while hear(&mut stream).await {
        seen.requests.fetch_add(1, Ordering::SeqCst);
        turn += 1;
        let (length, goes_on) = match manner {
            Manner::Stays => (5, true),
            Manner::Leaves => (5, false),
            Manner::LeavesUnsaid if turn > 1 => break,
            Manner::LeavesUnsaid => (5, true),
            Manner::Endless => (1_000_000, true),
        };
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nthere");
        if stream.write_all(answer.as_bytes()).await.is_err() || !goes_on {
            break;
        }
    }
    drop(stream);
    seen.closed.fetch_add(1, Ordering::SeqCst);
}

/// Reads a request to its end. There is none when the caller has hung up.
async fn hear(stream: &mut TcpStream) -> bool {
    let mut heard = Vec::new();
    let mut part = [0; 4096];
    while !is_whole(&String::from_utf8_lossy(&heard)) {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => heard.extend_from_slice(&part[..count]),
        }
    }
    true
}

fn is_whole(heard: &str) -> bool {
    let Some((head, body)) = heard.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() >= length,
        None => !head.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n"),
    }
}

/// Has a function ask a server, and answers with the status and what it says of it.
async fn ask(running: &Running, path: &str, server: &Server) -> Result<(u16, String)> {
    let path = format!("/{path}?http://{}/", server.host);
    let answer = running.api.call(Method::POST, &path).body("said");
    let answer = answer.send().await?;
    Ok((answer.status, answer.text()))
}

/// The same, when all is well.
async fn asked(running: &Running, path: &str, server: &Server) -> Result {
    let (status, text) = ask(running, path, server).await?;
    assert_eq!((status, text.as_str()), (200, "200 there"), "{path}");
    Ok(())
}

async fn running(server: &Server) -> Result<Running> {
    let start = Start::guests().await?;
    start.variable("allowed_host", &server.host).run().await
}

/// The same with a runtime configuration.
async fn running_with(server: &Server, text: &str) -> Result<Running> {
    let start = configured(text).await?;
    start.variable("allowed_host", &server.host).run().await
}

#[tokio::test]
async fn requests_one_after_another_use_one_connection() -> Result {
    for path in ["probe/fetch", "probe/post", "older/fetch"] {
        let server = Server::start(Manner::Stays).await?;
        let running = running(&server).await?;
        for _ in 0..MANY {
            asked(&running, path, &server).await?;
        }
        assert_eq!((server.accepted(), server.requests()), (1, MANY), "{path}");
        running.stop().await?;
        server.closed(1).await?;
    }
    Ok(())
}

#[tokio::test]
async fn each_component_has_connections_of_its_own() -> Result {
    let server = Server::start(Manner::Stays).await?;
    let running = running(&server).await?;
    // Of the second each request has an instance of its own.
    for _ in 0..MANY {
        asked(&running, "probe/fetch", &server).await?;
        asked(&running, "modest/fetch", &server).await?;
    }
    assert_eq!(server.accepted(), 2);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_hangs_up_after_each_answer_is_asked_anew() -> Result {
    let server = Server::start(Manner::Leaves).await?;
    let running = running(&server).await?;
    for _ in 0..MANY {
        asked(&running, "probe/post", &server).await?;
    }
    assert_eq!((server.accepted(), server.requests()), (MANY, MANY));
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_request_that_a_server_may_have_heard_is_not_sent_again() -> Result {
    let server = Server::start(Manner::LeavesUnsaid).await?;
    let running = running(&server).await?;
    asked(&running, "probe/post", &server).await?;
    let (status, text) = ask(&running, "probe/post", &server).await?;
    assert_eq!(status, 400, "{text}");
    assert_eq!((server.accepted(), server.requests()), (1, 2));
    asked(&running, "probe/post", &server).await?;
    assert_eq!((server.accepted(), server.requests()), (2, 3));
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_was_given_up_closes_its_connection() -> Result {
    let server = Server::start(Manner::Endless).await?;
    let running = running(&server).await?;
    for number in 1..=3 {
        let (status, text) = ask(&running, "probe/glance", &server).await?;
        assert_eq!((status, text.as_str()), (200, "200"));
        server.closed(number).await?;
    }
    assert_eq!(server.accepted(), 3);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own_where_that_is_said() -> Result {
    let server = Server::start(Manner::Stays).await?;
    let text = "[outbound_http]\nconnection_pooling = false\n";
    let running = running_with(&server, text).await?;
    for _ in 0..MANY {
        asked(&running, "probe/fetch", &server).await?;
    }
    assert_eq!((server.accepted(), server.requests()), (MANY, MANY));
    server.closed(MANY).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_waits_makes_way_where_there_may_be_no_more() -> Result {
    let server = Server::start(Manner::Stays).await?;
    let text = "[outbound_http]\nmax_connections = 1\n";
    let running = running_with(&server, text).await?;
    for number in 1..=3 {
        asked(&running, "probe/fetch", &server).await?;
        asked(&running, "probe/fetch", &server).await?;
        asked(&running, "modest/fetch", &server).await?;
        assert_eq!(server.accepted(), 2 * number);
        server.closed(2 * number - 1).await?;
    }
    running.stop().await?;
    Ok(())
}
