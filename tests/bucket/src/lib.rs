//! A real bucket that speaks S3, for tests: signatures are checked, uploads come in parts,
//! and objects are files of a folder that goes when the test does.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The bucket's name.
const NAME: &str = "backups";
const ACCESS_KEY: &str = "BUCKETKEY00000000000";
/// Not in any output: tests look for it.
const SECRET_KEY: &str = "the-secret-key-of-the-bucket";

/// A server with one bucket. It ends when this is dropped.
pub struct Bucket {
    /// `http://127.0.0.1:port`.
    pub endpoint: String,
    parts: Arc<Parts>,
    folder: TempDir,
    server: JoinHandle<()>,
}

/// What becomes of the parts of uploads.
#[derive(Default)]
struct Parts {
    /// How many have come.
    seen: AtomicUsize,
    /// From which on they are dealt with otherwise, counted from 1; 0 for never.
    refused: AtomicUsize,
    held: AtomicUsize,
}

impl Bucket {
    /// Starts one.
    ///
    /// # Errors
    /// No port or no folder can be had.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join(NAME))?;
        let files = FileSystem::new(folder.path())
            .map_err(|error| anyhow::anyhow!("no file system for a bucket: {error:?}"))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let parts = Arc::<Parts>::default();
        let counting = Arc::clone(&parts);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, service.clone(), Arc::clone(&counting)));
            }
        });
        Ok(Self {
            endpoint,
            parts,
            folder,
            server,
        })
    }

    /// The address of a place in the bucket.
    pub fn address(&self, prefix: &str) -> String {
        format!("s3://{NAME}/{prefix}")
    }

    /// The variables by which clients of S3 reach it.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let told = [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_REGION", "fra1"),
        ];
        told.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// The secret key.
    pub fn secret(&self) -> &'static str {
        SECRET_KEY
    }

    /// The file of an object.
    pub fn file(&self, key: &str) -> PathBuf {
        self.folder.path().join(NAME).join(key)
    }

    /// How many objects there are under a prefix.
    pub fn objects(&self, prefix: &str) -> usize {
        fs::read_dir(self.file(prefix)).map_or(0, Iterator::count)
    }

    /// How many parts of uploads lie about that are neither complete nor aborted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn parts(&self) -> Result<usize> {
        let entries = fs::read_dir(self.folder.path())?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let names: Vec<String> = names.collect::<Result<_>>()?;
        let parts = names.iter().filter(|name| name.contains(".part-"));
        Ok(parts.count())
    }

    /// How many parts have come, whatever became of them.
    pub fn seen(&self) -> usize {
        self.parts.seen.load(Ordering::Relaxed)
    }

    /// Refuses the `number`th part from now on, counted from 1, and all after it.
    pub fn refuse_part(&self, number: usize) {
        let from = self.seen() + number;
        self.parts.refused.store(from, Ordering::Relaxed);
    }

    /// Lets the `number`th part from now on, counted from 1, and all after it wait for ever.
    pub fn hold_part(&self, number: usize) {
        let from = self.seen() + number;
        self.parts.held.store(from, Ordering::Relaxed);
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Parts {
    /// Whether a part is refused. One that is held never comes back.
    async fn refuses(&self) -> bool {
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        let reached = |from: &AtomicUsize| {
            let from = from.load(Ordering::Relaxed);
            from != 0 && number >= from
        };
        if reached(&self.held) {
            std::future::pending::<()>().await;
        }
        reached(&self.refused)
    }
}

async fn serve(stream: TcpStream, service: S3Service, parts: Arc<Parts>) {
    let answer = service_fn(|request: Request<Incoming>| {
        let (service, parts) = (service.clone(), Arc::clone(&parts));
        async move {
            let query = request.uri().query().unwrap_or_default();
            let is_part = request.method() == Method::PUT && query.contains("partNumber=");
            if is_part && parts.refuses().await {
                let mut response = Response::new(s3s::Body::empty());
                *response.status_mut() = StatusCode::FORBIDDEN;
                return Ok(response);
            }
            let answer = service.call(request.map(s3s::Body::from)).await;
            answer.map_err(|error| io::Error::other(format!("{error:?}")))
        }
    });
    // A client that goes away is none of the bucket's business.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer)
            .await,
    );
}
