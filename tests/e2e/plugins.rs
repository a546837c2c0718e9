//! The program as plugins of stock Spin: packed, installed, and called as `spin up` does.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use spindrift_tests::{Ended, Start, program, scratch, until, workspace};

use crate::Result;

const PLUGINS: [&str; 3] = ["trigger-cron", "trigger-kafka", "spindrift"];

fn well(ended: Ended) -> Result<String> {
    ensure!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    Ok(ended.stdout)
}

fn json_in(path: &Path) -> Result<Value> {
    let text = fs::read(path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_slice(&text)?)
}

fn sha256(path: &Path) -> Result<String> {
    Ok(format!("{:x}", Sha256::digest(fs::read(path)?)))
}

/// Installs the plugins, and returns the file of one of them.
async fn installed(data: &Path, name: &str) -> Result<PathBuf> {
    let data_dir = data.display().to_string();
    let start = Start::command(&["plugin", "install"])?.env("SPIN_DATA_DIR", &data_dir);
    well(start.end().await?)?;
    Ok(data.join("plugins").join(name).join(name))
}

/// What `spin up` writes for an application with a job, and with a route whose component
/// is none of the job's business: it is not even there.
fn locked(manifest: &Path) -> Value {
    let job = workspace().join("target/wasm32-wasip2/function/ticked.wasm");
    json!({
        "spin_lock_version": 0,
        "metadata": {
            "name": "with-spin",
            "origin": format!("file://{}", manifest.display()),
            "triggers": {},
            "version": "0.1.0"
        },
        "triggers": [
            {
                "id": "trigger--site",
                "trigger_type": "http",
                "trigger_config": { "component": "site", "route": "/..." }
            },
            {
                "id": "trigger--ticked",
                "trigger_type": "cron",
                "trigger_config": { "component": "ticked", "cron_expression": "* * * * * *" }
            }
        ],
        "components": [
            {
                "id": "site",
                "source": {
                    "content_type": "application/wasm",
                    "source": "file:///nowhere/site.wasm"
                }
            },
            {
                "id": "ticked",
                "metadata": { "allowed_outbound_hosts": [], "key_value_stores": [] },
                "source": {
                    "content_type": "application/wasm",
                    "source": format!("file://{}", job.display())
                }
            }
        ]
    })
}

#[tokio::test]
async fn every_plugin_has_an_archive_and_a_manifest_that_tells_its_digest() -> Result {
    let scratch = scratch()?;
    let output = scratch.path().join("plugins");
    let folder = output.display().to_string();
    let start = Start::command(&["plugin", "package", "--output", &folder])?;
    let start = start.args(&["--url", "https://example.com/v1/"]);
    let said = well(start.end().await?)?;
    assert!(said.contains("spin plugins install --file"), "{said}");
    let size = fs::metadata(program()?)?.len();
    for name in PLUGINS {
        let manifest = json_in(&output.join(format!("{name}.json")))?;
        assert_eq!(manifest["name"], name);
        assert_eq!(manifest["license"], "Apache-2.0");
        for key in ["description", "version", "spinCompatibility"] {
            assert!(manifest[key].is_string(), "{key} of {manifest}");
        }
        let package = &manifest["packages"][0];
        let url = package["url"].as_str().context("no url")?;
        let file = url
            .strip_prefix("https://example.com/v1/")
            .with_context(|| url.to_owned())?;
        let archive = output.join(file);
        assert_eq!(package["sha256"], sha256(&archive)?.as_str());
        assert_eq!(package["os"], std::env::consts::OS);
        let mut found = Vec::new();
        for entry in tar::Archive::new(GzDecoder::new(File::open(&archive)?)).entries()? {
            let mut entry = entry?;
            let path = entry.path()?.display().to_string();
            let header = entry.header();
            found.push((path.clone(), header.mode()?));
            if path == name {
                assert_eq!(header.size()?, size);
                let mut begin = [0; 4];
                entry.read_exact(&mut begin)?;
                let mut same = [0; 4];
                File::open(program()?)?.read_exact(&mut same)?;
                assert_eq!(begin, same);
            }
        }
        found.sort();
        assert_eq!(
            found,
            [("LICENSE".to_owned(), 0o644), (name.to_owned(), 0o755)]
        );
    }
    Ok(())
}

#[tokio::test]
async fn plugins_are_installed_where_spin_looks_for_them() -> Result {
    let data = scratch()?;
    for _ in 0..2 {
        installed(data.path(), "spindrift").await?;
    }
    let plugins = data.path().join("plugins");
    for name in PLUGINS {
        let program = plugins.join(name).join(name);
        let mode = fs::metadata(&program)?.permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{}", program.display());
        let manifest = json_in(&plugins.join(format!("manifests/{name}.json")))?;
        assert_eq!(
            manifest["packages"][0]["sha256"],
            sha256(&program)?.as_str()
        );
        assert_eq!(fs::read_dir(plugins.join(name))?.count(), 2);
    }
    // As Spin calls it for `spin deploy` where SPIN_DEPLOY_PLUGIN names it.
    let program = plugins.join("spindrift/spindrift");
    let help = Start::command(&["deploy", "--help"])?.program(&program);
    assert!(well(help.end().await?)?.contains("Usage: spindrift deploy"));
    Ok(())
}

#[tokio::test]
async fn a_locked_application_is_ticked_by_the_plugin() -> Result {
    let folder = scratch()?;
    let (app, work) = (folder.path().join("app"), folder.path().join("spinup-1"));
    fs::create_dir(&app)?;
    fs::create_dir(&work)?;
    let lock = work.join("spin.lock");
    fs::write(
        &lock,
        serde_json::to_vec_pretty(&locked(&app.join("spin.toml")))?,
    )?;
    let plugin = installed(folder.path(), "trigger-cron").await?;
    let running = Start::command(&[])?
        .program(&plugin)
        .env("SPIN_LOCKED_URL", &format!("file://{}", lock.display()))
        .env("SPIN_WORKING_DIR", &work.display().to_string())
        .env("SPIN_LOCAL_APP_DIR", &app.display().to_string())
        .env("SPIN_VERSION", "4.1.0")
        .args(&["--disable-cache", "--admin-listen", "127.0.0.1:0"])
        .run()
        .await?;
    assert!(
        running.stdout().contains("Ticking the jobs of with-spin"),
        "{}",
        running.stdout()
    );
    let ticked = |record: &Value| {
        let message = record["message"].as_str().unwrap_or_default();
        record["function"] == "ticked" && message.starts_with("ticked at ")
    };
    running.record("a tick", ticked).await?;
    until("another tick", async || {
        let ticks = running.records().into_iter().filter(ticked).count();
        (ticks >= 2).then_some(())
    })
    .await?;
    running
        .record("what does nothing here", |record| {
            let message = record["message"].as_str().unwrap_or_default();
            message.contains("`--disable-cache`")
        })
        .await?;
    assert!(app.join(".spindrift/compiled").is_dir());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn spin_is_told_the_options_of_a_trigger() -> Result {
    let help = Start::command(&["trigger", "kafka", "--help-args-only"])?;
    let help = well(help.end().await?)?;
    for part in ["KAFKA TRIGGER OPTIONS", "--kafka-brokers", "--state-dir"] {
        assert!(help.contains(part), "{part} is not in:\n{help}");
    }
    let told = Start::command(&["trigger", "cron", "--launch-metadata-only"])?;
    let told = told.end().await?;
    ensure!(told.status.success(), "{}", told.stderr);
    let told: Value = serde_json::from_str(&told.stderr)?;
    let flags = told["all_flags"].as_array().context("no flags")?;
    for flag in [
        json!({ "long": "--quiet", "short": "-q" }),
        json!({ "long": "--variable" }),
    ] {
        assert!(flags.contains(&flag), "{flag} is not in {told}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_trigger_cannot_run_is_told_before_it_starts() -> Result {
    let folder = scratch()?;
    let lock = folder.path().join("spin.lock");
    let run = async |kind: &str, document: &Value| {
        fs::write(&lock, serde_json::to_vec_pretty(document)?)?;
        let start = Start::command(&["trigger", kind])?
            .env("SPIN_LOCKED_URL", &format!("file://{}", lock.display()))
            .env("SPIN_WORKING_DIR", &folder.path().display().to_string());
        let ended = start.end().await?;
        ensure!(!ended.status.success(), "it ran: {}", ended.stdout);
        anyhow::Ok(ended.stderr)
    };
    let mut document = locked(Path::new("/app/spin.toml"));
    let said = run("kafka", &document).await?;
    assert!(said.contains("triggers: there is no trigger"), "{said}");
    document["triggers"][1] = json!({
        "id": "orders",
        "trigger_type": "kafka",
        "trigger_config": { "component": "site", "topic": "orders" }
    });
    let said = run("kafka", &document).await?;
    assert!(said.contains("component.site.source"), "{said}");
    let hello = workspace().join("target/wasm32-wasip2/function/hello.wasm");
    document["components"][0]["source"]["source"] = json!(format!("file://{}", hello.display()));
    let said = run("kafka", &document).await?;
    assert!(said.contains("--kafka-brokers"), "{said}");
    let nothing = Start::command(&["trigger", "cron"])?.end().await?;
    assert!(
        nothing.stderr.contains("SPIN_LOCKED_URL"),
        "{}",
        nothing.stderr
    );
    Ok(())
}
