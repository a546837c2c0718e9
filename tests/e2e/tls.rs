//! TLS on the listener.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client, ClientBuilder, Version};
use serde_json::Value;
use spindrift_tests::{Running, Start, client_builder, until, within, workspace};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::Result;

/// Makes a certificate for this machine, puts it and its key into a folder, and answers
/// what a client has to trust.
fn certify(folder: &Path) -> Result<Certificate> {
    let names = vec!["127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
    fs::write(folder.join("key.pem"), signing_key.serialize_pem())?;
    fs::write(folder.join("cert.pem"), cert.pem())?;
    Ok(Certificate::from_pem(cert.pem().as_bytes())?)
}

/// A client that trusts this certificate and no other.
fn trusting(certificate: &Certificate) -> ClientBuilder {
    client_builder().tls_certs_only([certificate.clone()])
}

async fn hello() -> Result<Start> {
    Start::up(&workspace().join("examples/hello/spin.toml")).await
}

/// A program that finds its certificate in its own folder.
fn secured(start: Start) -> Start {
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| start.folder().join(name));
    start
        .env("SPIN_TLS_CERT", &certificate.display().to_string())
        .env("SPIN_TLS_KEY", &key.display().to_string())
}

async fn greeted(client: &Client, running: &Running) -> Option<Version> {
    let url = format!("{}/hello", running.api.url);
    let answer = client.get(url).send().await.ok()?;
    Some(answer.error_for_status().ok()?.version())
}

#[tokio::test]
async fn both_protocols_are_spoken_over_tls_and_functions_know() -> Result {
    let start = Start::guests().await?;
    let certificate = certify(start.folder())?;
    let running = secured(start).run().await?;
    assert!(
        running.api.url.starts_with("https://"),
        "{}",
        running.api.url
    );
    for (client, version) in [
        (trusting(&certificate), Version::HTTP_2),
        (trusting(&certificate).http1_only(), Version::HTTP_11),
    ] {
        let url = format!("{}/probe/headers", running.api.url);
        let answer = client.build()?.get(&url).send().await?;
        assert_eq!(answer.version(), version);
        let headers = answer.text().await?;
        assert!(
            headers.contains(&format!("spin-full-url: {url}")),
            "{headers}"
        );
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn who_says_nothing_holds_up_nobody_else_and_is_let_go() -> Result {
    let start = hello().await?;
    let client = trusting(&certify(start.folder())?).build()?;
    let running = secured(start).run().await?;
    let address = running.api.url.trim_start_matches("https://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(&address).await?);
    }
    let answer = tokio::time::timeout(Duration::from_secs(5), greeted(&client, &running)).await?;
    assert_eq!(answer, Some(Version::HTTP_2));
    let mut first = silent.pop().context("no connection")?;
    let closed = async || (first.read(&mut [0]).await.ok()? == 0).then_some(());
    within(Duration::from_secs(20), "the silent one's end", closed).await?;
    // Nor do they hold up the stop.
    drop(silent);
    let _silent = TcpStream::connect(&address).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart() -> Result {
    let start = hello().await?;
    let folder = start.folder().to_owned();
    let old = certify(&folder)?;
    let running = secured(start).run().await?;
    assert!(greets(&running, &old).await);

    // What cannot be used is told of, and changes nothing.
    fs::write(folder.join("cert.pem"), "nonsense")?;
    let told = |record: &Value| record["message"] == "the certificate from before stays";
    running.record("what is wrong", told).await?;
    assert!(greets(&running, &old).await);

    let new = certify(&folder)?;
    let renewed = async || greets(&running, &new).await.then_some(());
    until("the new certificate", renewed).await?;
    assert!(!greets(&running, &old).await);
    running.stop().await?;
    Ok(())
}

/// Whether the program greets somebody new who trusts this certificate alone.
async fn greets(running: &Running, certificate: &Certificate) -> bool {
    // A client that is there already may have a connection.
    let client = trusting(certificate).build().unwrap_or_default();
    greeted(&client, running).await.is_some()
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_at_the_start() -> Result {
    type Harm = fn(&Path) -> Result;
    let missing: Harm = |folder| Ok(fs::remove_file(folder.join("cert.pem"))?);
    let nonsense: Harm = |folder| Ok(fs::write(folder.join("cert.pem"), "nonsense")?);
    let of_another: Harm = |folder| {
        let certificate = fs::read(folder.join("cert.pem"))?;
        certify(folder)?;
        Ok(fs::write(folder.join("cert.pem"), certificate)?)
    };
    for (harm, complaint) in [
        (missing, "cert.pem: No such file"),
        (nonsense, "cert.pem holds no certificate in PEM"),
        (of_another, "key.pem: keys may not be consistent"),
    ] {
        let start = hello().await?;
        certify(start.folder())?;
        harm(start.folder())?;
        let ended = secured(start).end().await?;
        assert!(!ended.status.success());
        for part in [complaint, "--tls-cert"] {
            assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
        }
    }
    Ok(())
}
