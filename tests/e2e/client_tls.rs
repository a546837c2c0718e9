//! How functions greet servers that they ask by HTTPS, as the runtime configuration says.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{Certificate, CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use spindrift_test_kafka::authority;
use spindrift_tests::{Running, until};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::Result;
use crate::runtime_config::configured;

/// Whom the server sees when the right certificate is shown.
const CALLER: &str = "the caller";

/// A server whose authority nobody knows, and that answers nobody who shows no certificate
/// of the same authority.
struct Server {
    port: u16,
    /// What came of each greeting.
    greeted: Arc<Mutex<Vec<String>>>,
    /// Ends with this.
    _serving: JoinSet<()>,
}

impl Server {
    /// Starts one, and puts into a folder what those need who are to reach it.
    async fn start(folder: &Path) -> Result<Self> {
        let authority = authority()?;
        let issue = |name: &str| -> Result<(Certificate, KeyPair)> {
            let key = KeyPair::generate()?;
            let names = [name.to_owned(), "localhost".to_owned()];
            let issued = CertificateParams::new(names)?.signed_by(&key, &authority)?;
            Ok((issued, key))
        };
        let (caller, caller_key) = issue("caller")?;
        fs::write(folder.join("authority.pem"), authority.pem())?;
        fs::write(folder.join("caller.pem"), caller.pem())?;
        fs::write(folder.join("caller.key"), caller_key.serialize_pem())?;

        let (own, own_key) = issue("127.0.0.1")?;
        let own_key = PrivateKeyDer::try_from(own_key.serialize_der());
        let own_key = own_key.map_err(anyhow::Error::msg)?;
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![own.der().clone()], own_key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let greeted = Arc::<Mutex<Vec<String>>>::default();
        let (noted, known) = (greeted.clone(), caller.der().clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let seen = greet(&acceptor, stream, &known).await;
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.push(seen);
            }
        });
        Ok(Self {
            port,
            greeted,
            _serving: serving,
        })
    }

    /// What came of the greeting with this number, from 0.
    async fn saw(&self, number: usize) -> Result<String> {
        let seen = async || {
            let greeted = self.greeted.lock().unwrap_or_else(PoisonError::into_inner);
            greeted.get(number).cloned()
        };
        until("a greeting", seen).await
    }
}

/// Tells a caller whom it was seen to be, and says the same, or why there was no answer.
async fn greet(acceptor: &TlsAcceptor, stream: TcpStream, known: &CertificateDer<'_>) -> String {
    let mut stream = match acceptor.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => return error.to_string(),
    };
    let shown = stream.get_ref().1.peer_certificates();
    let is_known = shown.and_then(<[_]>::first) == Some(known);
    let who = if is_known { CALLER } else { "somebody else" };
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{who}",
        who.len()
    );
    _ = stream.read(&mut [0; 4096]).await;
    _ = stream.write_all(answer.as_bytes()).await;
    _ = stream.shutdown().await;
    who.to_owned()
}

/// What a function makes of an address: the status and the text of its answer.
async fn fetch(running: &Running, function: &str, url: &str) -> Result<(u16, String)> {
    let path = format!("/{function}/fetch?{url}");
    let answer = running.api.get(&path).send().await?;
    Ok((answer.status, answer.text()))
}

#[tokio::test]
async fn a_certificate_is_shown_by_its_components_to_its_hosts_alone() -> Result {
    let start = configured(
        "[[client_tls]]\ncomponent_ids = [\"probe\"]\nhosts = [\"127.0.0.1\"]\n\
         ca_roots_file = \"authority.pem\"\nclient_cert_file = \"caller.pem\"\n\
         client_private_key_file = \"caller.key\"\n\
         [[client_tls]]\ncomponent_ids = [\"probe\"]\nhosts = [\"localhost\"]\n\
         ca_roots_file = \"authority.pem\"\n\
         [[client_tls]]\ncomponent_ids = [\"modest\"]\nhosts = [\"127.0.0.1\"]\n\
         ca_roots_file = \"authority.pem\"\n",
    )
    .await?;
    let server = Server::start(start.folder()).await?;
    let [host, name] = ["127.0.0.1", "localhost"].map(|one| format!("{one}:{}", server.port));
    let running = start
        .variable("secure_host", &host)
        .variable("secure_name", &name)
        .run()
        .await?;
    let (url, named) = (format!("https://{host}/"), format!("https://{name}/"));
    let nobody = "peer sent no certificates";
    let cases = [
        ("probe", &url, CALLER),
        ("probe", &named, nobody),
        ("modest", &url, nobody),
        // Its component has no table: the public authorities are those that it believes.
        ("patient", &url, "UnknownCA"),
        ("probe", &url, CALLER),
    ];
    for (number, (function, url, expected)) in cases.into_iter().enumerate() {
        let (status, text) = fetch(&running, function, url).await?;
        let seen = server.saw(number).await?;
        assert!(seen.contains(expected), "{function}, {url}: {seen}; {text}");
        match expected == CALLER {
            true => assert_eq!((status, text), (200, format!("200 {CALLER}"))),
            false => assert_eq!(status, 400, "{function}, {url}: {text}"),
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_component_that_is_not_there_is_told_with_its_line() -> Result {
    let start = configured(
        "[[client_tls]]\ncomponent_ids = [\n\"probe\",\n\"prob\",\n]\nhosts = [\"example.com\"]\n",
    )
    .await?;
    let ended = start.end().await?;
    assert!(!ended.status.success());
    let told = "runtime.toml:4: client_tls.component_ids: there is no component";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    Ok(())
}
