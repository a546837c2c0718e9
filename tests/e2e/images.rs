//! Images: an application that runs from nothing but what is in one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;
use spindrift_tests::{Start, scratch, workspace};

use crate::Result;

/// What an image of one function may have, in bytes; what more functions add is small.
const SIZE: u64 = 40_000_000;

#[tokio::test]
async fn an_application_is_served_from_its_image_alone() -> Result {
    if !rustix::process::geteuid().is_root() {
        spindrift_test_registry::skip("only root may change the root folder");
        return Ok(());
    }
    let folder = scratch()?;
    let layout = folder.path().join("layout");
    let manifest = workspace().join("examples/hello/spin.toml");
    let build = Start::command(&[
        "build",
        "--compile-only",
        "--from",
        &manifest.display().to_string(),
        "--state-dir",
        &folder.path().join("state").display().to_string(),
        "--image",
        "registry.example/hello:1",
        "--output",
        &layout.display().to_string(),
    ])?;
    let built = build.end().await?;
    ensure!(built.status.success(), "{}", built.stderr);
    let root = folder.path().join("root");
    let size = unpack(&layout, built.stdout.trim(), &root)?;
    assert!(size < SIZE, "{size} bytes");

    let running = Start::in_image(&root)?.run().await?;
    let greeting = running.api.get("/hello/Ada").send().await?.expect(200);
    assert_eq!(greeting.text(), "Hello, Ada!\n");
    running.stop().await?;
    Ok(())
}

/// Unpacks the image `name@digest`, and returns its size.
fn unpack(layout: &Path, image: &str, root: &Path) -> Result<u64> {
    let (_, digest) = image.split_once('@').context("a digest")?;
    let blob = |digest: &str| layout.join("blobs").join(digest.replace(':', "/"));
    let manifest: Value = serde_json::from_slice(&fs::read(blob(digest))?)?;
    fs::create_dir(root)?;
    fs::set_permissions(root, PermissionsExt::from_mode(0o755))?;
    let mut size = 0;
    for layer in manifest["layers"].as_array().context("layers")? {
        let file = blob(layer["digest"].as_str().context("a digest")?);
        let tar = Command::new("tar")
            .arg("-xzpf")
            .arg(&file)
            .arg("-C")
            .arg(root)
            .status()?;
        ensure!(tar.success(), "tar cannot unpack {}", file.display());
        size += fs::metadata(&file)?.len();
    }
    Ok(size)
}
