//! Connections: accepting, their limits, and their orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use http::header::{CONNECTION, HeaderValue};
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::heads::Heads;
use crate::service::Service;
use crate::tls::Tls;

/// How connections are treated.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// Requests on one connection; then it is closed in good order.
    pub requests: u32,
    /// From a connection's first byte, or the end of its last request, to the
    /// end of the next request's head.
    pub header_timeout: Duration,
    /// How long requests under way may go on after the stop.
    pub drain: Duration,
    /// What callers are greeted with; without it they speak in the clear.
    pub tls: Option<Tls>,
    /// How long they may take to greet back.
    pub handshake: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connections: 10_000,
            requests: 100_000,
            header_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(25),
            tls: None,
            handshake: Duration::from_secs(10),
        }
    }
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request was answered.
    All,
    /// Some were still under way when the time was up, and were cut.
    Cut,
}

/// How long accepting rests when the system has no descriptor left.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// Bytes of a request's head, and headers in it.
const MAX_HEAD: usize = 64 << 10;
const MAX_HEADERS: usize = 128;

/// Serves until `stop`, then lets what is under way end.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    options: ServeOptions,
    stop: CancellationToken,
) -> Drained {
    let server = server(&options);
    let under_way = TaskTracker::new();
    let places = Arc::new(Semaphore::new(options.connections));
    let cut = CancellationToken::new();
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let place = places.clone().acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                accept_failed(&error).await;
                continue;
            }
        };
        // Answers are written whole: waiting for more to send only delays them.
        _ = stream.set_nodelay(true);
        let open = service.metrics().connection();
        let connection = Connection {
            client,
            service: service.clone(),
            server: server.clone(),
            requests: options.requests,
            head: options.header_timeout,
            stop: stop.clone(),
        };
        let (cut, stop, options) = (cut.clone(), stop.clone(), options.clone());
        under_way.spawn(async move {
            let served = async {
                let Some(tls) = options.tls else {
                    return connection.serve(stream).await;
                };
                // Here, and not before the next is accepted: who says nothing holds up
                // nobody else.
                let greeted = tokio::select! {
                    greeted = timeout(options.handshake, tls.greet(stream)) => greeted,
                    () = stop.cancelled() => return,
                };
                if let Ok(Some(stream)) = greeted {
                    // Boxed: a connection in the clear need not have room for it.
                    Box::pin(connection.serve(stream)).await;
                }
            };
            let mut cut = seldom(cut.cancelled());
            tokio::select! {
                () = served => {}
                _ = cut.next() => {}
            }
            drop((open, place));
        });
    }
    drop(listener);
    under_way.close();
    let ended = async {
        under_way.wait().await;
        service.tunnels().close();
        service.tunnels().wait().await;
    };
    match timeout(options.drain, ended).await {
        Ok(()) => Drained::All,
        Err(_) => {
            cut.cancel();
            Drained::Cut
        }
    }
}

/// A caller's connection.
struct Connection {
    client: SocketAddr,
    service: Service,
    server: auto::Builder<TokioExecutor>,
    /// How many requests it is for.
    requests: u32,
    /// How long the head of one may take.
    head: Duration,
    /// When it is to take no more.
    stop: CancellationToken,
}

impl Connection {
    /// Answers its requests. One that breaks off concerns its caller alone.
    async fn serve(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let (service, client) = (self.service, self.client);
        let heads = Heads::of_new(self.head);
        self.server.http1().timer(heads.clone());
        let (asked, enough) = (AtomicU32::new(0), Notify::new());
        let answer = service_fn(|request: Request<Incoming>| {
            // By HTTP/2 nobody else says so.
            heads.came();
            let last = asked.fetch_add(1, Ordering::Relaxed) + 1 >= self.requests;
            if last {
                enough.notify_one();
            }
            let says_so = last && request.version() < Version::HTTP_2;
            // Boxed: it is large, and hyper moves it through each of its layers.
            let answer = Box::pin(service.answer(request, client));
            async move {
                let mut response = answer.await;
                if says_so && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = self
            .server
            .serve_connection_with_upgrades(TokioIo::new(stream), answer);
        let mut connection = pin!(connection);
        let mut over = seldom(async {
            tokio::select! {
                () = heads.late() => Over::Now,
                () = self.stop.cancelled() => Over::Soon,
                () = enough.notified() => Over::Soon,
            }
        });
        tokio::select! {
            _ = connection.as_mut() => return,
            over = over.next() => {
                if let Some(Over::Now) = over {
                    return;
                }
            }
        }
        // What was asked is answered.
        connection.as_mut().graceful_shutdown();
        _ = connection.await;
    }
}

/// How a connection comes to its end.
enum Over {
    /// The head of a request did not come.
    Now,
    /// It takes no more.
    Soon,
}

/// What is polled when it is woken itself, and not with all that happens beside it.
fn seldom<F: Future>(future: F) -> FuturesUnordered<F> {
    FuturesUnordered::from_iter([future])
}

/// Without `pipeline_flush`: with it hyper takes as much of a response as there is,
/// however slowly the caller reads, and one slow reader would fill the memory.
fn server(options: &ServeOptions) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .header_read_timeout(options.header_timeout)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD as u32)
        .keep_alive_interval(Some(Duration::from_secs(20)));
    server
}

/// A client that gave up is nobody's fault; a system out of descriptors needs a
/// pause, or this loop would only burn a processor.
async fn accept_failed(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    if matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    ) {
        return;
    }
    tracing::error!(%error, "cannot accept connections; trying again");
    tokio::time::sleep(EXHAUSTED).await;
}
