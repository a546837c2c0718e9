//! What is in an image.

mod support;

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use spindrift_image::{Digest, Payload, build, write};

use support::{PROGRAM, Shop, content, json, layers, unpack};

#[test]
fn the_same_input_makes_the_same_image() -> Result<()> {
    let (shop, other) = (Shop::new()?, Shop::new()?);
    // Neither the folder's name nor the files' age is part of it.
    let old = fs::File::options()
        .write(true)
        .open(other.path("built/till.wasm"))?;
    old.set_modified(std::time::UNIX_EPOCH)?;
    let (one, two) = (shop.image()?, other.image()?);
    assert_eq!(one.root.digest(), two.root.digest());
    let referrers = one.referrers.iter().zip(&two.referrers);
    for (one, two) in referrers {
        assert_eq!(one.digest(), two.digest());
    }
    fs::write(other.path("shop/texts/a.txt"), "B")?;
    assert_ne!(one.root.digest(), other.image()?.root.digest());
    Ok(())
}

#[test]
fn files_lie_as_the_manifest_names_them_and_no_others_are_there() -> Result<()> {
    let shop = Shop::new()?;
    let image = shop.image()?;
    let mut names = Vec::new();
    for layer in &layers(&image, &image.root)[1..] {
        let plain = flate2::read::GzDecoder::new(layer.bytes.as_ref());
        for entry in tar::Archive::new(plain).entries()? {
            let mut entry = entry?;
            let (header, path) = (entry.header().clone(), entry.path()?.display().to_string());
            assert_eq!(header.mtime()?, 0, "{path}");
            let owner = if path == "app/state/" { 65532 } else { 0 };
            assert_eq!(header.uid()?, owner, "{path}");
            if path == "app/texts/a.txt" {
                let mut text = String::new();
                entry.read_to_string(&mut text)?;
                assert_eq!(text, "A");
            }
            names.push(path);
        }
    }
    let expected = [
        "app/",
        "app/assets/",
        "app/assets/deep/",
        "app/assets/deep/b.txt",
        "app/migrations/",
        "app/migrations/0001_first.sql",
        "app/spin.toml",
        "app/texts/",
        "app/texts/a.txt",
        "built/",
        "built/till.wasm",
        "app/",
        "app/state/",
        "app/state/compiled/",
        "app/state/compiled/0a.cwasm",
        "app/state/compiled/0a.sha256",
    ];
    assert_eq!(names, expected);
    Ok(())
}

#[test]
fn the_program_runs_in_the_unpacked_image_as_its_user() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        spindrift_test_registry::skip("only root may change the root folder");
        return Ok(());
    }
    let (shop, folder) = (Shop::new()?, tempfile::tempdir()?);
    unpack(&shop.image()?, folder.path())?;
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755))?;
    let output = Command::new("chroot")
        .arg("--userspec=65532:65532")
        .arg(folder.path())
        .args(["/spindrift", "/etc/passwd"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("nonroot:x:65532"), "{said}{output:?}");
    let mode = fs::metadata(folder.path().join("tmp"))?
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o1777);
    Ok(())
}

#[test]
fn the_configuration_says_how_to_run_and_what_it_is() -> Result<()> {
    let shop = Shop::new()?;
    let image = shop.image()?;
    let manifest = json(&image.root);
    let config = json(content(&image, &manifest["config"]["digest"]));
    assert_eq!(
        config["config"]["Entrypoint"],
        serde_json::json!(["/spindrift"])
    );
    assert_eq!(config["config"]["User"], "65532:65532");
    assert_eq!(config["config"]["WorkingDir"], "/app");
    let labels = &config["config"]["Labels"];
    for (key, value) in [
        ("title", "shop"),
        ("version", "1.2.3"),
        ("description", "Sells"),
        ("revision", "c0ffee"),
        ("created", "1970-01-01T00:00:00Z"),
    ] {
        let key = format!("org.opencontainers.image.{key}");
        assert_eq!(labels[&key], value, "{key}");
        assert_eq!(manifest["annotations"][&key], value, "{key}");
    }
    let layers = layers(&image, &image.root);
    assert_eq!(
        config["rootfs"]["diff_ids"].as_array().map(Vec::len),
        Some(layers.len())
    );
    Ok(())
}

#[test]
fn what_it_is_made_of_and_how_it_came_to_be_refer_to_it() -> Result<()> {
    let shop = Shop::new()?;
    let image = shop.image()?;
    let document = |kind: &str| {
        let about = image
            .referrers
            .iter()
            .find(|blob| json(blob)["artifactType"] == kind);
        let about = json(about.expect("a referrer"));
        assert_eq!(about["subject"]["digest"], image.root.digest().as_str());
        json(content(&image, &about["layers"][0]["digest"]))
    };
    let sbom = document("application/vnd.cyclonedx+json");
    let parts = sbom["components"].as_array().expect("components");
    let part = |name: &str| parts.iter().find(|part| part["name"] == name);
    let till = part("till").expect("the component");
    let hash = Digest::of(b"a component");
    assert_eq!(till["hashes"][0]["content"], hash.hex());
    // By its package, where the system says which that is.
    let c = parts.iter().find(|part| {
        let named = |key: &str| {
            part[key]
                .as_str()
                .is_some_and(|s| s.starts_with("libc.so.6 (linux/"))
        };
        named("name") || named("description")
    });
    let c = c.expect("the C library");
    if Path::new("/var/lib/dpkg/status").exists() {
        let purl = c["purl"].as_str().unwrap_or_default();
        assert!(
            purl.starts_with("pkg:deb/") && purl.contains("/libc6@"),
            "{c}"
        );
    }
    assert_eq!(
        part("serde").expect("a crate")["purl"],
        "pkg:cargo/serde@1.0.0"
    );
    assert!(
        part("shop").is_none(),
        "the workspace's own are no dependencies"
    );

    let provenance = document("application/vnd.in-toto+json");
    assert_eq!(
        provenance["subject"][0]["digest"]["sha256"],
        image.root.digest().hex()
    );
    let text = provenance.to_string();
    assert!(
        text.contains("git+https://git.example/shop@c0ffee"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_file_where_the_image_has_its_own_is_refused() -> Result<()> {
    let shop = Shop::new()?;
    let manifest = fs::read_to_string(shop.path("shop/spin.toml"))?;
    for (source, told) in [
        ("/etc/passwd", "/etc/passwd"),
        ("../spindrift", "/spindrift"),
    ] {
        let text = manifest.replace("../built/till.wasm", source);
        fs::write(shop.path("shop/spin.toml"), text)?;
        let error = shop.image().unwrap_err().to_string();
        assert!(
            error.contains(told) && error.contains("not the application's"),
            "{error}"
        );
    }
    Ok(())
}

#[test]
fn what_is_no_program_is_refused_by_name() -> Result<()> {
    let mut shop = Shop::new()?;
    let payload = |binary| Payload {
        binary,
        state: std::path::PathBuf::new(),
        compiled: Vec::new(),
    };
    shop.options.payloads = vec![payload(shop.path("shop/spin.toml"))];
    let error = shop.image().unwrap_err().to_string();
    assert!(error.contains("spin.toml is no program"), "{error}");
    let twice = || payload(PROGRAM.into());
    shop.options.payloads = vec![twice(), twice()];
    let error = shop.image().unwrap_err().to_string();
    assert!(error.contains("two programs"), "{error}");
    shop.options.payloads.clear();
    assert!(build(&shop.app()?, &shop.options, &|_| {}).is_err());
    Ok(())
}

#[test]
fn an_archive_holds_what_a_folder_holds() -> Result<()> {
    let shop = Shop::new()?;
    let image = shop.image()?;
    let (folder, archive) = (shop.path("layout"), shop.path("shop.tar"));
    write(&image, Some("registry.example/shop:1"), &folder)?;
    write(&image, Some("registry.example/shop:1"), &archive)?;
    let unpacked = shop.path("unpacked");
    tar::Archive::new(fs::File::open(archive)?).unpack(&unpacked)?;
    let index = fs::read(folder.join("index.json"))?;
    assert_eq!(index, fs::read(unpacked.join("index.json"))?);
    let index: serde_json::Value = serde_json::from_slice(&index)?;
    let manifests = index["manifests"].as_array().expect("manifests");
    assert_eq!(manifests.len(), 3);
    for manifest in manifests {
        let digest = manifest["digest"]
            .as_str()
            .expect("a digest")
            .replace(':', "/");
        let size = fs::metadata(unpacked.join("blobs").join(digest))?.len();
        assert_eq!(manifest["size"], size);
    }
    Ok(())
}
