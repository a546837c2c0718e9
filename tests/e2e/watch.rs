//! `spindrift watch`.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spindrift_tests::{Running, Start, scratch, until, workspace};

use crate::Result;

/// An application whose function is \"built\" by copying one of those that were.
fn write(folder: &Path, function: &str) -> Result {
    let built = workspace().join("target/wasm32-wasip2/function");
    fs::write(folder.join("which"), function)?;
    let manifest = format!(
        "spin_manifest_version = 2\n\
         [application]\n\
         name = \"watched\"\n\
         [[trigger.http]]\n\
         route = \"/...\"\n\
         component = \"it\"\n\
         [component.it]\n\
         source = \"it.wasm\"\n\
         [component.it.build]\n\
         command = \"cp {}/$(cat which).wasm it.wasm\"\n\
         watch = [\"which\"]\n",
        built.display()
    );
    fs::write(folder.join("spin.toml"), manifest)?;
    Ok(())
}

async fn says(running: &Running, text: &str) -> Result {
    until("what was changed", async || {
        let answer = running.api.get("/hello").send().await.ok()?;
        (answer.status == 200 && answer.text() == text).then_some(())
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn what_is_changed_is_built_and_served_without_dropping_a_request() -> Result {
    let folder = scratch()?;
    write(folder.path(), "hello")?;
    let running = Start::watch(folder.path())?.run().await?;
    says(&running, "Hello, world!\n").await?;
    // Somebody asks all the while.
    let (api, stop) = (running.api.clone(), Arc::new(AtomicBool::new(false)));
    let asking = tokio::spawn({
        let stop = stop.clone();
        async move {
            let (mut asked, mut failed) = (0, 0);
            while !stop.load(Ordering::Relaxed) {
                asked += 1;
                let answer = api.get("/hello").send().await;
                failed += usize::from(answer.map_or(0, |answer| answer.status) != 200);
            }
            (asked, failed)
        }
    });
    fs::write(folder.path().join("which"), "template_http")?;
    says(&running, "Hello from /hello!\n").await?;
    // A build that fails is told of, and changes nothing.
    fs::write(folder.path().join("which"), "no-such-function")?;
    until("the failure to be told", async || {
        running.log().contains("cannot build").then_some(())
    })
    .await?;
    says(&running, "Hello from /hello!\n").await?;
    // Nor does a manifest that is wrong.
    let manifest = folder.path().join("spin.toml");
    let good = fs::read_to_string(&manifest)?;
    fs::write(&manifest, good.replace("source", "sauce"))?;
    until("the mistake to be told", async || {
        running.log().contains("sauce").then_some(())
    })
    .await?;
    says(&running, "Hello from /hello!\n").await?;
    fs::write(folder.path().join("which"), "hello")?;
    fs::write(&manifest, good.replace("/...", "/hello"))?;
    says(&running, "Hello, world!\n").await?;
    stop.store(true, Ordering::Relaxed);
    let (asked, failed) = asking.await?;
    assert!(asked > 100 && failed == 0, "{failed} of {asked} failed");
    running.stop().await?;
    Ok(())
}
