//! `spindrift new` and `spindrift add`.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::Value;
use spindrift_tests::{Ended, Start, metrics, scratch, until, workspace};

use crate::Result;

async fn spindrift(arguments: &[&str]) -> Result<Ended> {
    Start::command(arguments)?.end().await
}

/// Has a manifest use the templates as they were built for the tests.
fn use_what_is_built(manifest: &Path, functions: &[(&str, &str)]) -> Result {
    let mut text = fs::read_to_string(manifest)?;
    for (source, template) in functions {
        let built = format!("target/wasm32-wasip2/function/template_{template}.wasm");
        let built = workspace().join(built).display().to_string();
        assert!(text.contains(source), "{source} is not in:\n{text}");
        text = text.replace(source, &built);
    }
    fs::write(manifest, text)?;
    Ok(())
}

#[tokio::test]
async fn what_is_new_answers_and_can_be_added_to() -> Result {
    let folder = scratch()?;
    let app = folder.path().join("my-app");
    let (at, manifest) = (app.display().to_string(), app.join("spin.toml"));
    let made = spindrift(&["new", "my-app", "--output", &at]).await?;
    assert!(made.status.success(), "{}", made.stderr);
    assert!(
        made.stdout.contains("spindrift up --build"),
        "{}",
        made.stdout
    );
    for (name, template) in [("tidy-up", "cron"), ("orders", "http-rust")] {
        let added = spindrift(&["add", name, "--from", &at, "--template", template]).await?;
        assert!(added.status.success(), "{}", added.stderr);
    }
    for file in [
        "Cargo.toml",
        "src/lib.rs",
        ".gitignore",
        "tidy-up/Cargo.toml",
    ] {
        assert!(app.join(file).is_file(), "{file}");
    }
    use_what_is_built(
        &manifest,
        &[
            ("orders/target/wasm32-wasip2/release/orders.wasm", "http"),
            ("tidy-up/target/wasm32-wasip2/release/tidy_up.wasm", "cron"),
            ("target/wasm32-wasip2/release/my_app.wasm", "http"),
        ],
    )?;
    let text = fs::read_to_string(&manifest)?;
    fs::write(&manifest, text.replace("*/5 * * * *", "* * * * * *"))?;
    let running = Start::up(&manifest).await?.run().await?;
    for path in ["/a", "/orders/1"] {
        let answer = running.api.get(path).send().await?.expect(200);
        assert_eq!(answer.text(), format!("Hello from {path}!\n"));
    }
    let admin = running.admin().await?;
    until("a tick", async || {
        let labels = ["tidy-up", "delivered"];
        let done = metrics::sum(&admin, "spindrift_cron_ticks_total", &labels).await;
        (done.ok()? >= 1.0).then_some(())
    })
    .await?;
    // Its line may be on its way still.
    until("what it prints", async || {
        running.log().contains("It is time").then_some(())
    })
    .await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_handler_takes_what_is_an_event() -> Result {
    let manifest = workspace().join("tests/guests/templates/spin.toml");
    let running = Start::up(&manifest).await?.run().await?;
    let event = running
        .api
        .call(Method::POST, "/kafka")
        .header("ce-id", "7")
        .header("ce-type", "order.placed");
    event.send().await?.expect(204);
    let told = |record: &Value| {
        let message = record["message"].as_str().unwrap_or_default();
        message.contains("order.placed")
    };
    running.record("what it said", told).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn functions_of_one_application_are_in_several_languages() -> Result {
    let folder = scratch()?;
    let app = folder.path().join("app");
    let at = app.display().to_string();
    for (arguments, needs) in [
        (
            &["new", "app", "--output", &at, "--language", "python"][..],
            "Python 3.10",
        ),
        (
            &["add", "on-order", "-l", "ts", "-t", "kafka", "--from", &at],
            "Node.js 20",
        ),
    ] {
        let made = spindrift(arguments).await?;
        assert!(made.status.success(), "{arguments:?}: {}", made.stderr);
        assert!(made.stdout.contains(needs), "{}", made.stdout);
    }
    for file in [
        "src/app.py",
        "wit/world.wit",
        "requirements.txt",
        "on-order/src/index.ts",
        "on-order/package.json",
    ] {
        assert!(app.join(file).is_file(), "{file}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_that_is_there_is_overwritten() -> Result {
    let folder = scratch()?;
    let app = folder.path().join("app");
    let at = app.display().to_string();
    let new = spindrift(&["new", "app", "--output", &at, "--template", "kafka"]).await?;
    assert!(new.status.success(), "{}", new.stderr);
    let before = fs::read_to_string(app.join("spin.toml"))?;
    for (arguments, said) in [
        (&["new", "other", "--output", &at][..], "is there already"),
        (
            &["add", "app", "--from", &at],
            "a component called \"app\" already",
        ),
        (&["add", "src", "--from", &at], "is there already"),
        (&["new", "Not_Kebab"], "lower-case letters and digits"),
        (&["add", "x", "--from", "/nowhere"], "/nowhere"),
    ] {
        let refused = spindrift(arguments).await?;
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(
            refused.stderr.contains(said),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
    assert_eq!(fs::read_to_string(app.join("spin.toml"))?, before);
    Ok(())
}
