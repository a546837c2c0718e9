//! The artifact that stock Spin runs.

mod support;

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json as value};
use spindrift_image::{Image, spin};

use support::{Shop, content, json};

fn artifact(shop: &Shop) -> Result<Image> {
    Ok(spin(&shop.app()?, &shop.options)?)
}

/// The locked application: the last layer.
fn locked(image: &Image) -> Result<Value> {
    let manifest = json(&image.root);
    let layers = manifest["layers"].as_array().context("no layers")?;
    let last = layers.last().context("no layer")?;
    assert_eq!(
        last["mediaType"],
        "application/vnd.fermyon.spin.application.v1+config"
    );
    Ok(json(content(image, &last["digest"])))
}

#[test]
fn it_is_what_spin_looks_for() -> Result<()> {
    let shop = Shop::new()?;
    let image = artifact(&shop)?;
    let manifest = json(&image.root);
    assert_eq!(
        manifest["mediaType"],
        "application/vnd.oci.image.manifest.v1+json"
    );
    assert_eq!(
        manifest["annotations"]["org.opencontainers.image.title"],
        "shop"
    );
    let config = json(content(&image, &manifest["config"]["digest"]));
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["os"], "Wasip1");
    let layers = manifest["layers"].as_array().context("no layers")?;
    assert_eq!(
        config["config"]["Labels"]["com.fermyon.spin.lockedAppDigest"],
        layers.last().context("no layer")?["digest"]
    );
    assert_eq!(artifact(&shop)?.root.digest(), image.root.digest());
    Ok(())
}

#[test]
fn components_and_files_are_found_by_their_digests() -> Result<()> {
    let shop = Shop::new()?;
    fs::write(shop.path("shop/assets/deep/large.txt"), "x".repeat(129))?;
    let image = artifact(&shop)?;
    let locked = locked(&image)?;
    assert_eq!(locked["spin_lock_version"], 0);
    let till = &locked["components"][0];
    assert_eq!(till["id"], "till");
    let source = content(&image, &till["source"]["digest"]);
    assert_eq!(source.bytes, "a component");
    assert_eq!(
        source.descriptor.media_type,
        "application/vnd.wasm.content.layer.v1+wasm"
    );
    let files = till["files"].as_array().context("no files")?;
    assert_eq!(
        files[0],
        value!({ "path": "texts/a.txt", "inline": "QQ==" })
    );
    assert_eq!(
        files[1],
        value!({ "path": "assets/deep/b.txt", "inline": "Qg==" })
    );
    assert_eq!(files[2]["path"], "assets/deep/large.txt");
    assert_eq!(content(&image, &files[2]["digest"]).bytes.len(), 129);
    assert_eq!(files.len(), 3);
    Ok(())
}

#[test]
fn routes_variables_and_rights_are_the_manifest_s() -> Result<()> {
    let shop = Shop::new()?;
    let manifest = fs::read_to_string(shop.path("shop/spin.toml"))?;
    let more = r#"
allowed_outbound_hosts = ["https://{{ bank }}", "http://count.spin.internal"]
key_value_stores = ["default"]
environment = { COUNTRY = "be" }
[component.till.variables]
bank = "{{ bank }}"
[variables]
bank = { default = "bank.example" }
pin = { required = true, secret = true }
[[trigger.http]]
route = { private = true }
component = "count"
[[trigger.kafka]]
component = "count"
topic = "sales"
[[trigger.http]]
route = "/tea"
static_response = { status_code = 418, body = "tea" }
[component.count]
source = "../built/till.wasm"
"#;
    fs::write(shop.path("shop/spin.toml"), manifest + more)?;
    let image = artifact(&shop)?;
    let locked = locked(&image)?;
    assert_eq!(locked["spin_lock_version"], 1);
    assert_eq!(
        locked["host_requirements"]["local_service_chaining"],
        "required"
    );
    assert_eq!(
        locked["variables"],
        value!({ "bank": { "default": "bank.example" }, "pin": { "secret": true } })
    );
    let configs: Vec<_> = locked["triggers"]
        .as_array()
        .context("no triggers")?
        .iter()
        .map(|trigger| {
            assert_eq!(trigger["trigger_type"], "http");
            trigger["trigger_config"].clone()
        })
        .collect();
    assert_eq!(
        configs,
        [
            value!({ "component": "till", "route": "/..." }),
            value!({ "component": "count", "route": { "private": true } }),
            value!({
                "static_response": { "status_code": 418, "headers": {}, "body": "tea" },
                "route": "/tea",
            }),
            value!({ "component": "count", "route": "/_events/count" }),
        ]
    );
    let till = &locked["components"][1];
    assert_eq!(till["config"], value!({ "bank": "{{ bank }}" }));
    assert_eq!(till["env"], value!({ "COUNTRY": "be" }));
    assert_eq!(till["metadata"]["key_value_stores"], value!(["default"]));
    assert_eq!(
        till["metadata"]["allowed_outbound_hosts"],
        value!(["https://{{ bank }}", "http://count.spin.internal"])
    );
    // Two components of one source are one layer.
    let manifest = json(&image.root);
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(2));
    Ok(())
}
