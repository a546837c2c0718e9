//! Manifests of version 1.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::Path;

use spindrift_manifest::{AllowedHosts, App, Checks, HttpTarget, Template, load};

fn app() -> App {
    load(Path::new("tests/old"), &Checks::default()).unwrap()
}

#[test]
fn it_says_what_version_2_would_say() {
    let app = app();
    assert!(app.is_version_1);
    assert_eq!((&*app.name, &*app.version), ("shop", "1.2.3"));
    let routes: Vec<(String, String)> = app
        .http
        .iter()
        .map(|trigger| {
            let HttpTarget::Component(id) = &trigger.target else {
                panic!("no component")
            };
            (
                trigger.route.as_ref().unwrap().as_str().to_owned(),
                id.clone(),
            )
        })
        .collect();
    let expected = [
        ("/shop/orders/...", "orders"),
        ("/shop/anything", "anything"),
    ];
    assert_eq!(routes, expected.map(|(r, c)| (r.to_owned(), c.to_owned())));
    let orders = &app.components["orders"];
    assert_eq!(orders.environment["LEVEL"], "info");
    assert_eq!(orders.variables["token"].as_str(), "{{ token }}");
    assert_eq!(orders.key_value_stores, ["default"]);
    assert_eq!(orders.build.as_ref().unwrap().commands, ["cargo build"]);
}

#[test]
fn its_hosts_mean_what_they_meant() {
    let app = app();
    let hosts = |id: &str| {
        let hosts = &app.components[id].allowed_outbound_hosts;
        let hosts: Vec<&str> = hosts.iter().map(Template::as_str).collect();
        AllowedHosts::parse(&hosts).unwrap()
    };
    let orders = hosts("orders");
    assert!(orders.check("https", "api.example.com", None));
    assert!(
        orders.check("http", "example.org", 8080) && orders.check("https", "example.org", 8080)
    );
    assert!(!orders.check("http", "example.com", None) && !orders.allows_self());
    // Databases needed no mention then.
    assert!(orders.check("postgres", "db", 5432) && orders.check("redis", "cache", None));
    let anything = hosts("anything");
    assert!(anything.check("http", "example.com", 81) && anything.allows_self());
}

#[test]
fn its_mistakes_are_told_where_they_are() {
    let text = std::fs::read_to_string("tests/old/spin.toml").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let broken = text
        .replace("key_value_stores", "key_value_store")
        .replace("route = \"/anything\"", "route = \"anything\"");
    std::fs::write(folder.path().join("spin.toml"), broken).unwrap();
    let error = load(folder.path(), &Checks::default())
        .unwrap_err()
        .to_string();
    for part in [
        "spin.toml:16: component.orders.key_value_store",
        "spin.toml:29: ",
    ] {
        assert!(error.contains(part), "{part} is not in:\n{error}");
    }
}
