//! Where deliveries go in these tests: a server that says 204 to all of them, and tells
//! what it got.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// What belongs to a connection or to a trace, not to what is delivered.
const OF_THE_TRANSPORT: [&str; 8] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "traceparent",
    "user-agent",
    "x-request-id",
];

/// One request.
pub(super) struct Delivery {
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

pub(super) struct Sink {
    pub(super) url: String,
    got: Mutex<mpsc::Receiver<(String, Delivery)>>,
}

impl Sink {
    pub(super) async fn new() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (tell, got) = mpsc::channel(64);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(BufReader::new(stream), tell.clone()));
            }
        });
        Ok(Self {
            url,
            got: Mutex::new(got),
        })
    }

    /// The next request to a path; those to others are passed over.
    pub(super) async fn next(&self, path: &str) -> Result<Delivery> {
        let mut got = self.got.lock().await;
        let next = async {
            loop {
                let (to, delivery) = got.recv().await.context("no server")?;
                if to == path {
                    return Ok(delivery);
                }
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), next).await;
        waited.with_context(|| format!("nothing comes to {path}"))?
    }
}

/// Answers a connection's requests, one after the other.
async fn serve(
    mut stream: BufReader<TcpStream>,
    tell: mpsc::Sender<(String, Delivery)>,
) -> Result<()> {
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).context("no path")?.to_owned();
        let mut headers = headers(&mut stream).await?;
        let length = headers.get("content-length").map_or("0", String::as_str);
        let mut body = vec![0; length.parse()?];
        stream.read_exact(&mut body).await?;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
        headers.retain(|name, _| !OF_THE_TRANSPORT.contains(&name.as_str()));
        let body = String::from_utf8(body)?;
        tell.send((path, Delivery { headers, body })).await?;
    }
}

/// Those of a head up to its empty line, by their names in lower case.
async fn headers(stream: &mut BufReader<TcpStream>) -> Result<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            return Ok(headers);
        };
        headers.insert(name.to_lowercase(), value.trim_start().to_owned());
    }
}
