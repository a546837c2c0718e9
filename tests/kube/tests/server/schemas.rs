//! The schemas let right objects through and name what is wrong with others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use spindrift_test_kube::schemas::check;

const VERSIONS: [&str; 4] = ["1.31", "1.32", "1.33", "1.34"];

/// Objects whose keys are the user's own.
const FREE: [&str; 13] = [
    "annotations",
    "apps",
    "attributes",
    "config",
    "data",
    "default",
    "extensions",
    "hard",
    "labels",
    "limits",
    "matchLabels",
    "max",
    "requests",
];

/// One right object of each kind.
fn objects() -> Vec<Value> {
    serde_json::from_str(include_str!("objects.json")).unwrap()
}

#[test]
fn a_right_object_of_each_kind_passes_in_each_version() {
    for object in objects() {
        for version in VERSIONS {
            let violations = check(&object, version);
            assert_eq!(violations, [""; 0], "{object} in {version}");
        }
    }
}

#[test]
fn each_schema_has_an_object_that_it_lets_through() {
    let here: BTreeSet<String> = objects()
        .iter()
        .map(|object| format!("{}/{}", text(object, "apiVersion"), text(object, "kind")))
        .map(|kind| kind.to_lowercase())
        .collect();
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let first = fs::read(schemas.join("kubernetes/1.31.json")).unwrap();
    let first: Value = serde_json::from_slice(&first).unwrap();
    let mut there: BTreeSet<String> = first["kinds"]
        .as_object()
        .unwrap()
        .keys()
        .map(|kind| kind.to_lowercase())
        .collect();
    for group in fs::read_dir(schemas).unwrap() {
        let group = group.unwrap();
        if !group.file_type().unwrap().is_dir() || group.file_name() == "kubernetes" {
            continue;
        }
        for file in fs::read_dir(group.path()).unwrap() {
            let path = file.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let (kind, version) = stem.rsplit_once('-').unwrap();
            let group = group.file_name().to_string_lossy().into_owned();
            there.insert(format!("{group}/{version}/{kind}"));
        }
    }
    assert_eq!(here, there);
}

#[test]
fn a_misspelt_key_anywhere_is_named_with_its_pointer() {
    let (mut tried, mut missed) = (0, Vec::new());
    for object in objects() {
        let mut places = Vec::new();
        closed(&object, "", &mut places);
        for place in places {
            let mut wrong = object.clone();
            wrong.pointer_mut(&place).unwrap()["mispelt"] = json!("x");
            let violations = check(&wrong, "1.34");
            let pointer = format!("{place}/mispelt: there is no such key");
            if !violations.contains(&pointer) {
                missed.push(format!("{}{place}", text(&object, "kind")));
            }
            tried += 1;
        }
    }
    // Knative Eventing leaves these open.
    let open = [
        "Broker/spec/delivery",
        "Trigger/spec",
        "Trigger/spec/delivery",
    ];
    assert_eq!(missed, open);
    assert!(tried > 300, "only {tried} places");
}

/// Pointers to all objects whose keys a schema lists.
fn closed(value: &Value, place: &str, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            places.push(place.to_owned());
            for (key, member) in members {
                if !free(place, key) {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    closed(member, &format!("{place}/{key}"), places);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                closed(item, &format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
}

fn free(place: &str, key: &str) -> bool {
    let own = match key {
        // Of a Service, a CronJob's trigger, a Dapr policy.
        "selector" => place == "/spec",
        "stringData" | "timeouts" | "retries" => true,
        "metadata" => place.starts_with("/spec/triggers"),
        _ => FREE.contains(&key),
    };
    // Quotas have limits too, which are a list of their own type.
    own && !(key == "limits" && place == "/spec")
}

#[test]
fn what_is_missing_or_of_another_type_is_named() {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "a", "labels": { "x": "not a label" } },
        "spec": { "replicas": "2", "template": { "spec": { "containers": [{ "image": "i" }] } } },
    });
    let violations = check(&deployment, "1.33").join("\n");
    for part in [
        "/metadata/labels/x: ",
        "/spec/replicas: ",
        "/spec: \"selector\" is a required property",
        "/spec/template/spec/containers/0: \"name\" is a required property",
    ] {
        let found = violations.lines().any(|line| {
            let (pointer, rest) = part.split_once(": ").unwrap();
            line.starts_with(&format!("{pointer}: ")) && line.ends_with(rest)
        });
        assert!(found, "{part}\n{violations}");
    }
}

#[test]
fn a_field_of_a_later_kubernetes_is_no_field_of_an_earlier_one() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" },
        "spec": { "containers": [{ "name": "a", "image": "i" }], "hostnameOverride": "b" },
    });
    assert_eq!(
        check(&pod, "1.33"),
        ["/spec/hostnameOverride: there is no such key"]
    );
    assert_eq!(check(&pod, "1.34"), [""; 0]);
}

#[test]
fn an_unknown_kind_is_a_violation() {
    let object = json!({ "apiVersion": "example.com/v1", "kind": "Thing", "metadata": {} });
    assert_eq!(
        check(&object, "1.31"),
        [r#"/kind: there is no schema of "Thing" of "example.com/v1""#]
    );
}

#[test]
fn a_name_that_is_no_label_of_a_host_is_a_violation_where_it_becomes_one() {
    let mut service = objects()
        .into_iter()
        .find(|object| text(object, "apiVersion") == "serving.knative.dev/v1")
        .unwrap();
    service["metadata"]["name"] = json!("a.b");
    let violations = check(&service, "1.34");
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(
        violations[0].starts_with("/metadata/name: "),
        "{violations:?}"
    );
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap()
}
