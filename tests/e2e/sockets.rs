//! Sockets of functions: to whom they are allowed, and to nobody else. What the probe does
//! by `wasi:sockets` 0.2 it does by 0.3 too, under a name with `newer-` before it.

use std::fs;
use std::net::SocketAddr;

use anyhow::Context as _;
use reqwest::Method;
use spindrift_tests::{Answer, Running, Start, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};

use crate::Result;
use crate::capabilities::somebody_else;
use crate::runtime_config::configured;

/// A server that says again what it hears, by TCP.
async fn tcp_echo() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = Vec::new();
            _ = stream.read_to_end(&mut heard).await;
            _ = stream.write_all(&heard).await;
        }
    });
    Ok(address)
}

/// The same by UDP. Before each answer somebody else answers, who was not asked.
async fn udp_echo() -> Result<SocketAddr> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let stranger = UdpSocket::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    tokio::spawn(async move {
        let mut heard = [0; 1024];
        while let Ok((length, from)) = socket.recv_from(&mut heard).await {
            _ = stranger.send_to(b"from nobody", from).await;
            _ = socket.send_to(&heard[..length], from).await;
        }
    });
    Ok(address)
}

async fn ask(running: &Running, what: &str, said: &str) -> Result<Answer> {
    let request = running.api.call(Method::POST, &format!("/{what}"));
    request.body(said.to_owned()).send().await
}

/// The log says to a function's author which line would allow what was denied.
async fn told(running: &Running, function: &str, line: &str) -> Result {
    let said = |record: &serde_json::Value| {
        record["function"] == function && record.to_string().contains(line)
    };
    running.record("the line that would allow it", said).await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_allowed_is_reached_by_tcp_and_the_denial_says_how() -> Result {
    let (allowed, other) = (tcp_echo().await?, tcp_echo().await?);
    let start = Start::guests().await?;
    let start = start.variable("tcp_host", &allowed.to_string());
    let running = start.run().await?;
    for by in ["tcp", "newer-tcp"] {
        let answer = ask(&running, &format!("probe/{by}?{allowed}"), "ahoy").await?;
        assert_eq!(answer.expect(200).text(), "ahoy", "{by}");
        for (function, server) in [("probe", other), ("poor", allowed)] {
            let denied = ask(&running, &format!("{function}/{by}?{server}"), "ahoy").await?;
            assert_eq!(denied.status, 400, "{function} reached {server} by {by}");
            told(&running, function, &format!("tcp://{server}")).await?;
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_allowed_is_looked_up_and_its_addresses_are_reached() -> Result {
    let server = tcp_echo().await?;
    let port = server.port();
    let start = Start::guests().await?;
    let start = start.variable("tcp_name", &format!("localhost:{port}"));
    let running = start.run().await?;
    for by in ["tcp", "newer-tcp"] {
        // By its name, and by what that comes to for whoever had it from elsewhere.
        for host in ["127.0.0.1", "localhost"] {
            let answer = ask(&running, &format!("probe/{by}?{host}:{port}"), "ahoy").await?;
            assert_eq!(answer.expect(200).text(), "ahoy", "{host} by {by}");
        }
        for (function, host) in [("probe", "example.com"), ("poor", "localhost")] {
            let denied = ask(&running, &format!("{function}/{by}?{host}:{port}"), "").await?;
            assert_eq!(denied.status, 400, "{function} looked up {host} by {by}");
            told(&running, function, &format!("tcp://{host}:*")).await?;
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn datagrams_go_to_whom_they_may_and_come_from_nobody_else() -> Result {
    let (allowed, other) = (udp_echo().await?, udp_echo().await?);
    let start = Start::guests().await?;
    let start = start.variable("udp_host", &allowed.to_string());
    let running = start.run().await?;
    for by in ["udp", "newer-udp"] {
        let answer = ask(&running, &format!("probe/{by}?{allowed}"), "ahoy").await?;
        assert_eq!(answer.expect(200).text(), "ahoy", "{by}");
        for (function, server) in [("probe", other), ("poor", allowed)] {
            let denied = ask(&running, &format!("{function}/{by}?{server}"), "ahoy").await?;
            assert_eq!(denied.status, 400, "{function} sent to {server} by {by}");
        }
    }
    // What is allowed by UDP is not by TCP.
    for by in ["tcp", "newer-tcp"] {
        let denied = ask(&running, &format!("probe/{by}?{allowed}"), "ahoy").await?;
        assert_eq!(denied.status, 400, "{by}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn nobody_listens() -> Result {
    let running = Start::guests().await?.run().await?;
    for what in [
        "listen?127.0.0.1:0",
        "listen?0.0.0.0:0",
        "bind?127.0.0.1:5353",
        "newer-listen?127.0.0.1:0",
        "newer-listen?0.0.0.0:0",
        "newer-listen?127.0.0.1:5353",
    ] {
        let denied = ask(&running, &format!("probe/{what}"), "").await?;
        assert_eq!(denied.status, 400, "{what}");
    }
    let told = |record: &serde_json::Value| record.to_string().contains("may not listen");
    running.record("why nobody may", told).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn as_many_sockets_are_open_as_a_component_s_limit() -> Result {
    let running = Start::guests().await?.run().await?;
    for (function, limit) in [("modest", "2"), ("probe", "64")] {
        // An instance that is used again has its places again.
        for _ in 0..2 {
            let answer = ask(&running, &format!("{function}/hold?0.0.0.0:0"), "").await?;
            assert_eq!(answer.expect(200).text(), limit, "{function}");
        }
        // Of 0.3 they count until their instance ends, which may be after the answer.
        for _ in 0..2 {
            until("all places to be free", async || {
                let answer = ask(&running, &format!("{function}/newer-hold"), "")
                    .await
                    .ok()?;
                (answer.text() == limit).then_some(())
            })
            .await?;
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn as_many_sockets_are_open_as_the_process_may_have() -> Result {
    let start = configured("[outbound_networking]\nmax_socket_connections = 3\n").await?;
    let running = start.run().await?;
    for (function, limit) in [("probe", "3"), ("modest", "2"), ("probe", "3")] {
        let answer = ask(&running, &format!("{function}/hold?0.0.0.0:0"), "").await?;
        assert_eq!(answer.expect(200).text(), limit, "{function}");
    }
    let log = running.log();
    assert!(log.contains("max_socket_connections"), "{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_network_that_is_blocked_is_out_of_reach_of_every_interface() -> Result {
    let (server, datagrams) = (tcp_echo().await?, udp_echo().await?);
    let allowed = somebody_else("answered").await?;
    let start = Start::guests().await?;
    let file = start.folder().join("runtime.toml");
    let address = server.to_string();
    let mut start = start
        .variable("udp_host", &datagrams.to_string())
        .variable("allowed_host", &allowed)
        .variable("database_host", &address)
        .variable("database_url", &format!("postgres://u:hidden@{address}/d"));
    for name in ["tcp_host", "mysql_host", "mqtt_host", "redis_host"] {
        start = start.variable(name, &address);
    }
    let blocking = |networks: &str| {
        let text = format!("[outbound_networking]\nblock_networks = [{networks}]\n");
        fs::write(&file, text)
    };
    blocking("\"10.0.0.0/8\"")?;
    let named = file.to_str().context("a folder that is no text")?;
    let running = start.args(&["--runtime-config-file", named]).run().await?;
    // What is not in it is reached as ever.
    let answer = ask(&running, &format!("probe/tcp?{server}"), "ahoy").await?;
    assert_eq!(answer.expect(200).text(), "ahoy");
    let answer = ask(&running, &format!("probe/fetch?http://{allowed}/"), "").await?;
    assert_eq!(answer.expect(200).text(), "200 answered");
    let start = running.stop().await?;

    blocking("\"private\"")?;
    let running = start.run().await?;
    for (what, said) in [
        (format!("tcp?{server}"), "ahoy".to_owned()),
        (format!("udp?{datagrams}"), "ahoy".to_owned()),
        (format!("newer-tcp?{server}"), "ahoy".to_owned()),
        (format!("newer-udp?{datagrams}"), "ahoy".to_owned()),
        (format!("fetch?http://{allowed}/"), String::new()),
        ("sql".to_owned(), "SELECT 1".to_owned()),
        (
            "mysql".to_owned(),
            format!("mysql://u:hidden@{address}/d\nSELECT 1"),
        ),
        (
            "mqtt?0".to_owned(),
            format!("mqtt://{address}?client_id=a\n\n\nt\nword"),
        ),
        (format!("redis?redis://{address}"), "GET a".to_owned()),
    ] {
        let blocked = ask(&running, &format!("probe/{what}"), &said).await?;
        assert_eq!(blocked.status, 400, "{what}: {}", blocked.text());
    }
    let log = running.log();
    assert!(log.contains("block_networks"), "{log}");
    assert!(!log.contains("hidden"), "{log}");
    running.stop().await?;
    Ok(())
}
