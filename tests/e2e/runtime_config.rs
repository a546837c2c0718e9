//! The runtime configuration: where, on this machine, is what functions are given.

use std::fs;

use anyhow::Context as _;
use reqwest::Method;
use spindrift_tests::{Running, Start};

use crate::Result;

/// The functions made for tests, with this as their runtime configuration.
pub(crate) async fn configured(text: &str) -> Result<Start> {
    let start = Start::guests().await?;
    let file = start.folder().join("runtime.toml");
    fs::write(&file, text)?;
    let file = file
        .to_str()
        .context("a folder that is no text")?
        .to_owned();
    Ok(start.args(&["--runtime-config-file", &file]))
}

pub(crate) async fn told(running: &Running, path: &str, body: &str) -> Result<String> {
    let request = running.api.call(Method::POST, path).body(body.to_owned());
    Ok(request.send().await?.expect(200).text())
}

#[tokio::test]
async fn stores_and_databases_are_where_the_runtime_configuration_says() -> Result {
    let start = configured(
        "[key_value_store.default]\ntype = \"spin\"\npath = \"stored.sqlite\"\n\
         [sqlite_database.other]\ntype = \"spin\"\npath = \"kept.sqlite\"\n\
         [sqlite_database.misspelt]\ntype = \"spin\"\npath = \"never.sqlite\"\n",
    )
    .await?;
    let folder = start.folder().to_owned();
    let running = start.run().await?;
    told(&running, "/probe/remember?default", "this").await?;
    assert_eq!(told(&running, "/probe/recall?default", "").await?, "this");
    told(&running, "/probe/sqlite?other", "CREATE TABLE t (a)").await?;
    told(&running, "/probe/sqlite?default", "CREATE TABLE t (a)").await?;
    let log = running.log();
    for (file, there) in [
        (folder.join("stored.sqlite"), true),
        (folder.join("kept.sqlite"), true),
        (folder.join("never.sqlite"), false),
        (running.state().join("key-value.sqlite"), false),
        (running.state().join("sqlite/other.sqlite"), false),
        (running.state().join("sqlite/default.sqlite"), true),
    ] {
        assert_eq!(file.exists(), there, "{}", file.display());
    }
    assert!(log.contains("misspelt"), "{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn variables_come_from_its_providers_in_their_order() -> Result {
    let start = configured(
        "[[variables_provider]]\ntype = \"file\"\npath = \"mounted\"\n\
         [[variables_provider]]\ntype = \"static\"\nvalues = { greeting = \"late\", secret = \"static\" }\n",
    )
    .await?;
    let mounted = start.folder().join("mounted");
    fs::create_dir(&mounted)?;
    fs::write(mounted.join("greeting"), "mounted")?;
    let running = start.run().await?;
    let greeting = told(&running, "/probe/variable?greeting", "").await?;
    assert_eq!(greeting, "mounted, static");
    let start = running.stop().await?;
    // Who gives a value by itself is heard first.
    let running = start.variable("secret", "given").run().await?;
    let greeting = told(&running, "/probe/variable?greeting", "").await?;
    assert_eq!(greeting, "mounted, given");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_not_honoured_is_refused_with_its_line() -> Result {
    let start = configured("[key_value_store.default]\ntype = \"azure_cosmos\"\n").await?;
    let ended = start.end().await?;
    assert!(!ended.status.success());
    assert!(
        ended
            .stderr
            .contains("runtime.toml:2: key_value_store.default.type: type `azure_cosmos`"),
        "{}",
        ended.stderr
    );
    Ok(())
}
