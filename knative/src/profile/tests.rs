use std::collections::BTreeSet;
use std::path::Path;

use spindrift_manifest::reading;

use super::*;

/// A profile with a table wherever there can be one, so that all keys are looked for.
const EVERYTHING: &str = r#"
namespace = "todo"
[defaults]
scale = {}
resources = {}
[services.tasks]
scale = {}
resources = {}
[sidecar]
[variables]
[database]
[backup]
[delivery]
resources = {}
[kafka]
[routing]
[release]
[network]
[monitoring]
[dapr]
[spin]
"#;

#[test]
fn every_key_is_described_and_every_description_is_of_a_key() {
    let asked = reading::keys(EVERYTHING, |root| {
        drop(read::profile(root, Path::new("p.toml")));
    });
    let tables = [
        "defaults",
        "services",
        "defaults.scale",
        "defaults.resources",
        "sidecar",
        "database",
        "backup",
        "delivery",
        "kafka",
        "routing",
        "release",
        "network",
        "monitoring",
        "dapr",
        "spin",
        // The keys of a service that a relay has are described together.
        "delivery.scale",
        "delivery.smoke",
    ];
    let asked: BTreeSet<String> = asked
        .into_iter()
        .filter(|key| !tables.contains(&key.as_str()) && !key.starts_with("services."))
        .filter(|key| !key.starts_with("delivery.resources."))
        .map(|key| {
            key.strip_prefix("defaults.")
                .map(str::to_owned)
                .unwrap_or(key)
        })
        .collect();
    let described = KEYS
        .iter()
        .flat_map(|keys| keys.iter())
        .map(|key| key.path.to_owned());
    assert_eq!(asked, described.collect());
}

#[test]
fn the_page_of_the_keys_is_up_to_date() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/profiles.md");
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == reference(),
        "make it anew: spindrift render --reference > docs/profiles.md"
    );
}

#[test]
fn what_a_profile_leaves_out_has_a_default() {
    let profile = Profile::parse(Path::new("p.toml"), "namespace = \"todo\"").unwrap();
    assert_eq!(profile.defaults.scale.max, Some(20));
    assert_eq!(profile.rollout.steps, [10, 50]);
    assert_eq!(profile.delivery.mode, DeliveryMode::Builtin);
    assert_eq!(profile.database.port, 5432);
    assert!(profile.network.policies);
}

#[test]
fn a_value_is_in_the_open_or_in_a_secret() {
    let text =
        "namespace = \"todo\"\n[variables]\na = \"x\"\nb = 7\nc = { secret = \"s\", key = \"k\" }";
    let profile = Profile::parse(Path::new("p.toml"), text).unwrap();
    assert_eq!(profile.variables["a"], Value::Text("x".to_owned()));
    assert_eq!(profile.variables["b"], Value::Text("7".to_owned()));
    let Value::Secret(key) = &profile.variables["c"] else {
        panic!("no secret")
    };
    assert_eq!((key.secret.as_str(), key.key.as_str()), ("s", "k"));
}

#[test]
fn a_backup_says_where_for_whom_and_by_which_key() {
    let read = |text: &str| {
        let text = format!("namespace = \"todo\"\n[backup]\n{text}");
        Profile::parse(Path::new("p.toml"), &text)
    };
    let whole = format!(
        "store = \"s3://bucket/todo\"\nrecipient = \"age1{}\"\ncredentials = \"todo-backup\"\n",
        "q".repeat(58)
    );
    let backup = read(&whole).unwrap().backup.unwrap();
    assert_eq!(backup.schedule, "17 2 * * *");
    assert_eq!((backup.keep_days, backup.port()), (30, 443));
    let local = read(&format!("{whole}endpoint = \"http://minio.minio:9000\"")).unwrap();
    assert_eq!(local.backup.unwrap().port(), 9000);

    let missing = read("").unwrap_err().to_string();
    for key in ["store", "recipient", "credentials"] {
        assert!(missing.contains(key), "{key} is not in: {missing}");
    }
    for (line, says) in [
        ("schedule = \"0 17 2 * * *\"", "five fields"),
        ("schedule = \"61 2 * * *\"", "schedule"),
        ("endpoint = \"fra1.digitaloceanspaces.com\"", "https://"),
        ("keep_days = 0", "keep_days"),
        ("bucket = \"x\"", "bucket"),
    ] {
        let error = read(&format!("{whole}{line}")).unwrap_err().to_string();
        assert!(error.contains(says), "{line}: {error}");
    }
    for (from, to, says) in [
        ("s3://bucket/todo", "file:///backups", "s3://"),
        ("\"age1", "\"AGE-SECRET-KEY-1", "age-keygen"),
    ] {
        let error = read(&whole.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(says), "{to}: {error}");
    }
}
