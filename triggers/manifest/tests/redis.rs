//! What subscriptions to channels become.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;

use spindrift_manifest::{App, Checks, load};

const MANIFEST: &str = r#"spin_manifest_version = 2
[application]
name = "shop"
[variables]
cache = { default = "redis://localhost:6379" }
channel = { default = "orders" }
elsewhere = { required = true, secret = true }
[application.trigger.redis]
address = "{{ cache }}"
[[trigger.redis]]
component = "orders"
channel = "{{ channel }}"
[[trigger.redis]]
id = "other"
component = "orders"
channel = "returns"
address = "{{ elsewhere }}"
[component.orders]
source = "orders.wasm"
"#;

fn app() -> App {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spin.toml"), MANIFEST).unwrap();
    load(folder.path(), &Checks::default()).unwrap()
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = pairs.iter();
    owned
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_trigger_s_own_address_goes_before_the_application_s() {
    let given = values(&[("elsewhere", "rediss://:hunter2@cache.example.com")]);
    let subscriptions = app().redis_subscriptions(&given).unwrap();
    let [orders, returns] = &subscriptions[..] else {
        panic!("not two subscriptions")
    };
    assert_eq!(orders.trigger, "trigger-redis-0");
    assert_eq!((&*orders.component, &*orders.channel), ("orders", "orders"));
    assert_eq!(orders.address, "redis://localhost:6379");
    assert_eq!((&*returns.trigger, &*returns.channel), ("other", "returns"));
    assert_eq!(returns.address, "rediss://:hunter2@cache.example.com");
    assert!(!format!("{subscriptions:?}").contains("hunter2"));
}

#[test]
fn what_is_wrong_once_expanded_is_told_without_its_value() {
    let given = values(&[("elsewhere", "http://:hunter2@x"), ("channel", "a\nb")]);
    let error = app().redis_subscriptions(&given).unwrap_err().to_string();
    for part in [
        "spin.toml:12: trigger.redis (trigger-redis-0).channel: is malformed once expanded: it must be the name",
        "spin.toml:17: trigger.redis (other).address: is malformed once expanded: it must be `redis://",
    ] {
        assert!(error.contains(part), "{part} is not in:\n{error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_variable_without_a_value_is_named() {
    let error = app().redis_subscriptions(&BTreeMap::new()).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("variable `elsewhere` has no value"),
        "{error}"
    );
}
