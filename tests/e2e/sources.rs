//! Components from URLs and registries, and components that are composed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::routing::get;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use spindrift_test_registry::Registry;
use spindrift_tests::{Ended, Start, client, scratch, workspace};
use tokio::task::JoinSet;

use crate::Result;
use crate::stand_in::serve;

/// A server of one file, until this is dropped.
struct Server {
    url: String,
    _serving: JoinSet<()>,
}

impl Server {
    async fn of(file: Vec<u8>) -> Result<Self> {
        let answer = move || {
            let file = file.clone();
            async move { file }
        };
        let routes = Router::new().route("/it.wasm", get(answer));
        let (url, serving) = serve(routes).await?;
        Ok(Self {
            url: format!("{url}/it.wasm"),
            _serving: serving,
        })
    }
}

fn built(function: &str) -> PathBuf {
    let folder = workspace().join("target/wasm32-wasip2/function");
    folder.join(format!("{function}.wasm"))
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// An application of one component, which says this of it.
fn write(folder: &Path, component: &str) -> Result<PathBuf> {
    let manifest = format!(
        "spin_manifest_version = 2\n\
         [application]\n\
         name = \"elsewhere\"\n\
         [[trigger.http]]\n\
         route = \"/...\"\n\
         component = \"it\"\n\
         [component.it]\n\
         {component}\n"
    );
    let path = folder.join("spin.toml");
    fs::write(&path, manifest)?;
    Ok(path)
}

/// `spindrift build`, with these words besides.
async fn build(manifest: &Path, words: &[&str]) -> Result<Ended> {
    let from = manifest.display().to_string();
    let words = [&["build", "--compile-only", "--from", &from][..], words].concat();
    Start::command(&words)?.end().await
}

/// Keeps a component in a registry, as `wkg publish` does, by the registry's protocol.
async fn publish(registry: &str, package: &str, version: &str, component: &[u8]) -> Result {
    let client = client();
    let base = format!("http://{registry}/v2/{package}");
    let config = b"{}".to_vec();
    for blob in [config.clone(), component.to_vec()] {
        let begun = client.post(format!("{base}/blobs/uploads/")).send().await?;
        let place = begun.headers().get("location").context("a place")?;
        let mut place = reqwest::Url::parse(place.to_str()?)?;
        place
            .query_pairs_mut()
            .append_pair("digest", &digest(&blob));
        let sent = client
            .put(place)
            .header("content-type", "application/octet-stream")
            .body(blob)
            .send()
            .await?;
        ensure!(sent.status() == 201, "a blob: {}", sent.status());
    }
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": kind,
        "config": {
            "mediaType": "application/vnd.wasm.config.v0+json",
            "digest": digest(&config),
            "size": config.len(),
        },
        "layers": [{
            "mediaType": "application/wasm",
            "digest": digest(component),
            "size": component.len(),
        }],
    });
    let sent = client
        .put(format!("{base}/manifests/{version}"))
        .header("content-type", kind)
        .body(manifest.to_string())
        .send()
        .await?;
    ensure!(sent.status() == 201, "the manifest: {}", sent.status());
    Ok(())
}

async fn greets(start: Start) -> Result<Start> {
    let running = start.run().await?;
    let answer = running.api.get("/hello/Ada").send().await?.expect(200);
    assert_eq!(answer.text(), "Hello, Ada!\n");
    running.stop().await
}

#[tokio::test]
async fn a_component_of_a_url_is_fetched_once() -> Result {
    let folder = scratch()?;
    let hello = fs::read(built("hello"))?;
    let server = Server::of(hello.clone()).await?;
    let (url, digest) = (&server.url, digest(&hello));
    let source = format!("source = {{ url = \"{url}?key=hidden\", digest = \"{digest}\" }}");
    let manifest = write(folder.path(), &source)?;
    let start = greets(Start::up(&manifest).await?).await?;
    // Nobody is there any more, and nobody is asked.
    drop(server);
    greets(start).await?;

    let ended = build(&manifest, &[]).await?;
    assert!(!ended.status.success());
    for part in ["cannot fetch http://127.0.0.1", "download the file"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("hidden"), "{}", ended.stderr);
    Ok(())
}

#[tokio::test]
async fn what_a_url_gives_must_have_its_digest() -> Result {
    let folder = scratch()?;
    let server = Server::of(b"something else".to_vec()).await?;
    let (wanted, found) = (digest(b"this"), digest(b"something else"));
    let source = format!(
        "source = {{ url = \"{}\", digest = \"{wanted}\" }}",
        server.url
    );
    let ended = build(&write(folder.path(), &source)?, &[]).await?;
    assert!(!ended.status.success());
    for part in [&wanted, &found, &server.url] {
        assert!(ended.stderr.contains(part.as_str()), "{}", ended.stderr);
    }
    Ok(())
}

#[tokio::test]
async fn a_component_of_a_package_is_fetched_once() -> Result {
    if spindrift_test_registry::skipped() {
        return Ok(());
    }
    let folder = scratch()?;
    let registry = Registry::start()?;
    let address = registry.address.clone();
    publish(&address, "ada/greeter", "1.2.3", &fs::read(built("hello"))?).await?;
    let source = |version: &str| {
        format!(
            "source = {{ registry = \"{address}\", package = \"ada:greeter\", version = \"{version}\" }}"
        )
    };
    let manifest = write(folder.path(), &source("1.2.3"))?;
    let start = greets(Start::up(&manifest).await?).await?;
    let manifest = write(folder.path(), &source("9.9.9"))?;
    let ended = build(&manifest, &[]).await?;
    assert!(!ended.status.success());
    let said = format!("cannot fetch ada:greeter 9.9.9 of {address}");
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    write(folder.path(), &source("1.2.3"))?;
    drop(registry);
    greets(start).await?;
    Ok(())
}

#[tokio::test]
async fn a_component_calls_its_dependency_which_has_its_grants() -> Result {
    let manifest = workspace().join("tests/guests/words/spin.toml");
    let running = Start::up(&manifest).await?.run().await?;
    let answer = running.api.get("/Ada").send().await?.expect(200);
    // The word is in the environment of the component.
    assert_eq!(answer.text(), "Servus, Ada!");
    running.stop().await?;
    Ok(())
}

/// What is said of the component that asks, with this said of its dependency.
fn asking(dependency: &str, more: &str) -> String {
    format!(
        "source = \"{}\"\n{more}\n[component.it.dependencies]\n{dependency}",
        built("words_ask").display()
    )
}

#[tokio::test]
async fn a_dependency_that_asks_the_host_must_be_let() -> Result {
    let folder = scratch()?;
    let path = built("words_say");
    let dependency = format!("\"tests:words\" = {{ path = \"{}\" }}", path.display());
    let ended = build(&write(folder.path(), &asking(&dependency, ""))?, &[]).await?;
    assert!(!ended.status.success());
    for part in [
        "`tests:words` imports",
        "wasi:cli/environment",
        "dependencies_inherit_configuration = true",
    ] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    // One that is for nothing is told what there is.
    let dependency = dependency.replace("tests:words", "tests:word");
    let ended = build(&write(folder.path(), &asking(&dependency, ""))?, &[]).await?;
    assert!(
        ended.stderr.contains("tests:words/greeting@1.2.0"),
        "{}",
        ended.stderr
    );
    Ok(())
}

#[tokio::test]
async fn a_dependency_comes_by_url_and_goes_into_images() -> Result {
    let folder = scratch()?;
    let say = fs::read(built("words_say"))?;
    let server = Server::of(say.clone()).await?;
    let dependency = format!(
        "\"tests:words/greeting\" = {{ url = \"{}\", digest = \"{}\" }}",
        server.url,
        digest(&say)
    );
    let more = "dependencies_inherit_configuration = true";
    let manifest = write(folder.path(), &asking(&dependency, more))?;
    let layout = folder.path().join("layout");
    let output = layout.display().to_string();
    let image = ["--image", "registry.example/words:1", "--output", &output];
    let ended = build(&manifest, &image).await?;
    ensure!(ended.status.success(), "{}", ended.stderr);
    let listed = listed(&layout)?;
    for part in [
        format!(
            "app/state/components/sha256/{:x}.wasm",
            Sha256::digest(&say)
        ),
        "app/state/components/composed/".to_owned(),
        "app/state/compiled/".to_owned(),
    ] {
        assert!(listed.contains(&part), "{part} is not in:\n{listed}");
    }

    // Stock Spin is given what was composed.
    fs::remove_dir_all(&layout)?;
    drop(server);
    let state = folder.path().join(".spindrift/components/composed");
    let composed = fs::read_dir(&state)?
        .next()
        .context("what was composed")??;
    let digest = digest(&fs::read(composed.path())?);
    let spin = [&image[..], &["--format", "spin"]].concat();
    let ended = build(&manifest, &spin).await?;
    ensure!(ended.status.success(), "{}", ended.stderr);
    let blob = layout.join("blobs").join(digest.replace(':', "/"));
    assert!(blob.is_file(), "there is no {}", blob.display());
    Ok(())
}

/// The names of all files in the layers of an image.
fn listed(layout: &Path) -> Result<String> {
    let mut listed = String::new();
    for blob in fs::read_dir(layout.join("blobs/sha256"))? {
        // What is no layer is no archive, and tar says so.
        let output = Command::new("tar").arg("-tzf").arg(blob?.path()).output()?;
        listed.push_str(&String::from_utf8_lossy(&output.stdout));
    }
    Ok(listed)
}
