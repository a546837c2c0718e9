//! What the profiles of the repository make of its applications.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::{Path, PathBuf};

use spindrift_knative::{Object, Profile, Release, Stage, render};
use spindrift_manifest::{App, Checks};
use spindrift_test_kube::schemas;

/// The image of all tests.
const IMAGE: &str = "registry.example.com/todo@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn app(folder: &str) -> App {
    spindrift_manifest::load(&repository().join(folder), &Checks::default()).unwrap()
}

fn release(profile: &str) -> Release {
    let path = repository().join(format!("knative/profiles/{profile}.toml"));
    let profile = Profile::load(&path).unwrap_or_else(|error| panic!("{error}"));
    Release::new(&app("."), &profile, Some(IMAGE)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_profile_renders_the_whole_application() {
    for profile in ["budget", "staging", "production"] {
        let release = release(profile);
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(profile, render::stream(&release)));
    }
}

#[test]
fn every_object_is_one_that_kubernetes_and_the_operators_take() {
    for profile in ["budget", "staging", "production"] {
        for object in &release(profile).objects {
            for kubernetes in ["1.31", "1.32", "1.33", "1.34"] {
                let violations = schemas::check(&object.value, kubernetes);
                let name = format!("{profile}: {} {}", object.kind(), object.name());
                assert!(violations.is_empty(), "{name}: {violations:#?}");
            }
        }
    }
}

/// The release of a profile under stock Spin.
fn under_spin(profile: &str) -> Release {
    let path = repository().join(format!("knative/profiles/{profile}.toml"));
    let mut profile = Profile::load(&path).unwrap_or_else(|error| panic!("{error}"));
    profile.spin.enabled = true;
    let error = Release::new(&app("."), &profile, Some(IMAGE)).unwrap_err();
    assert!(error.to_string().contains("spin.artifact"), "{error}");
    profile.spin.artifact = Some("registry.example.com/todo:spin".to_owned());
    Release::new(&app("."), &profile, Some(IMAGE)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn stock_spin_runs_the_functions_and_nothing_else() {
    for profile in ["budget", "staging", "production"] {
        let (ours, spin) = (release(profile), under_spin(profile));
        assert_eq!(ours.objects.len(), spin.objects.len());
        assert_ne!(ours.name, spin.name);
        for object in &spin.objects {
            let violations = schemas::check(&object.value, "1.34");
            assert!(violations.is_empty(), "{}: {violations:#?}", object.name());
            if object.stage != Stage::Service {
                continue;
            }
            let pod = &object.value["spec"]["template"]["spec"];
            let container = &pod["containers"][0];
            let image = container["image"].as_str().unwrap();
            if object.name() == "todo-edge" {
                assert_eq!(image, IMAGE);
                continue;
            }
            assert_eq!(image, "ghcr.io/spinframework/spin:v4.1.0");
            let args: Vec<_> = container["args"].as_array().unwrap().iter().collect();
            let at = |word: &str| args.iter().position(|arg| *arg == word).unwrap() + 1;
            assert_eq!(args[at("--from")], "registry.example.com/todo:spin");
            assert!(args.iter().any(|arg| *arg == "--component-id"));
            assert_eq!(
                container["readinessProbe"]["httpGet"]["path"],
                "/.well-known/spin/health"
            );
            assert_eq!(container["volumeMounts"][0]["mountPath"], "/tmp");
            assert_eq!(
                pod["volumes"][0]["name"],
                container["volumeMounts"][0]["name"]
            );
        }
    }
}

#[test]
fn sidecars_of_dapr_know_the_brokers_by_references_to_secrets() {
    let path = repository().join("knative/profiles/production.toml");
    let mut profile = Profile::load(&path).unwrap();
    profile.dapr = Some(spindrift_knative::Dapr {
        config: "daprsystem".to_owned(),
    });
    let release = Release::new(&app("."), &profile, Some(IMAGE)).unwrap();
    let mut components = release.objects.iter().filter(|o| o.kind() == "Component");
    let component = components.next().unwrap();
    assert_eq!(components.count(), 0);
    let violations = schemas::check(&component.value, "1.34");
    assert!(violations.is_empty(), "{violations:#?}");
    let settings = component.value["spec"]["metadata"].as_array().unwrap();
    let of = |name: &str| settings.iter().find(|s| s["name"] == name).unwrap();
    assert_eq!(of("disableTls")["value"], "false");
    assert_eq!(of("authType")["value"], "password");
    assert_eq!(of("saslPassword")["secretKeyRef"]["key"], "password");
    assert_eq!(of("caCert")["secretKeyRef"]["name"], "todo-kafka");
    assert!(of("saslPassword")["value"].is_null());
    let scopes = component.value["scopes"].as_array().unwrap();
    assert!(scopes.iter().all(|scope| *scope != "todo-edge") && scopes.len() > 5);
}

/// What else is on the node of `budget`, in thousandths of a processor and MiB: what
/// these projects' own manifests request, and DigitalOcean's system pods on a node.
const NODE: [(&str, u64, u64); 8] = [
    (
        "kube-system of DOKS: CNI, DNS, storage and node agents",
        700,
        750,
    ),
    ("Knative activator", 300, 60),
    ("Knative autoscaler", 100, 100),
    ("Knative controller", 100, 100),
    ("Knative webhook", 100, 100),
    ("Kourier controller", 200, 200),
    ("Kourier gateway", 200, 200),
    ("metrics-server", 50, 100),
];

#[test]
fn the_budget_profile_fits_its_node() {
    let release = release("budget");
    let ours: Vec<(u64, u64)> = release.objects.iter().filter_map(requested).collect();
    let sum = |of: &[(u64, u64)]| {
        of.iter()
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let (cpu, memory) = sum(&ours);
    assert!(cpu <= 300, "{cpu}m of processors for ours alone");
    let (others_cpu, others_memory) = sum(&NODE.map(|(_, cpu, memory)| (cpu, memory)));
    assert!(
        cpu + others_cpu <= 1900,
        "{cpu}m and {others_cpu}m of processors"
    );
    assert!(
        memory + others_memory <= 2560,
        "{memory} and {others_memory} MiB"
    );
}

/// Thousandths of a processor and MiB that an object's pods request when nobody calls.
fn requested(object: &Object) -> Option<(u64, u64)> {
    let (template, pods) = match object.kind() {
        "Deployment" => ("/spec/template", object.value["spec"]["replicas"].as_u64()?),
        "Service" => (
            "/spec/template",
            annotation(object, "autoscaling.knative.dev/min-scale")?
                .parse()
                .ok()?,
        ),
        _ => return None,
    };
    let requests = object
        .value
        .pointer(&format!("{template}/spec/containers/0/resources/requests"))?;
    let mut cpu = thousandths(requests["cpu"].as_str()?);
    let mut memory = mebibytes(requests["memory"].as_str()?);
    if object.kind() == "Service" {
        cpu += thousandths(annotation(
            object,
            "queue.sidecar.serving.knative.dev/cpu-resource-request",
        )?);
        memory += mebibytes(annotation(
            object,
            "queue.sidecar.serving.knative.dev/memory-resource-request",
        )?);
    }
    Some((cpu * pods, memory * pods))
}

fn annotation<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.value["spec"]["template"]["metadata"]["annotations"][name].as_str()
}

fn thousandths(text: &str) -> u64 {
    match text.strip_suffix('m') {
        Some(number) => number.parse().unwrap(),
        None => text.parse::<u64>().unwrap() * 1000,
    }
}

fn mebibytes(text: &str) -> u64 {
    text.strip_suffix("Mi").unwrap().parse().unwrap()
}

#[test]
fn production_keeps_two_of_what_people_wait_for_and_twenty_at_most() {
    let release = release("production");
    for service in [
        "tasks",
        "recurring-tasks",
        "notifications",
        "auth",
        "sign-in",
        "health",
    ] {
        let name = format!("todo-{service}");
        let object = release
            .objects
            .iter()
            .find(|one| one.kind() == "Service" && one.name() == name)
            .unwrap();
        assert_eq!(
            annotation(object, "autoscaling.knative.dev/min-scale"),
            Some("2"),
            "{name}"
        );
        let most: u32 = annotation(object, "autoscaling.knative.dev/max-scale")
            .unwrap()
            .parse()
            .unwrap();
        assert!((2..=20).contains(&most), "{name}: {most}");
    }
}

#[test]
fn a_pod_is_told_the_variables_of_its_own_functions_alone() {
    let release = release("production");
    let told = |name: &str| -> Vec<String> {
        let object = release
            .objects
            .iter()
            .find(|one| one.kind() == "Service" && one.name() == name)
            .unwrap();
        let env = object
            .value
            .pointer("/spec/template/spec/containers/0/env")
            .unwrap()
            .as_array()
            .unwrap();
        let names = env
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names
            .filter(|name| name.starts_with("SPIN_VARIABLE_") || name.contains("DATABASE_URL"))
            .collect()
    };
    assert_eq!(told("todo-docs"), [""; 0]);
    assert_eq!(
        told("todo-audit"),
        [
            "SPIN_VARIABLE_DATABASE_HOST",
            "SPIN_VARIABLE_WORKER_DATABASE_URL"
        ]
    );
    assert_eq!(
        told("todo-tasks"),
        [
            "SPIN_VARIABLE_APP_DATABASE_URL",
            "SPIN_VARIABLE_DATABASE_HOST",
            "SPIN_VARIABLE_JWT_KEY"
        ]
    );
}

#[test]
fn no_value_that_is_secret_stands_in_what_is_rendered() {
    // A database's URL has a password in it, a bucket's address none.
    let secret = |name: &str| {
        let ends = |end: &&str| name.ends_with(end);
        ["URL", "KEY", "PASSWORD"].iter().any(ends) && name != "AWS_ENDPOINT_URL"
    };
    for profile in ["budget", "staging", "production"] {
        for object in &release(profile).objects {
            let pods = [
                "/spec/template/spec/containers",
                "/spec/jobTemplate/spec/template/spec/containers",
                "/spec/jobTemplate/spec/template/spec/initContainers",
            ];
            let containers = pods
                .iter()
                .filter_map(|pod| object.value.pointer(pod)?.as_array());
            let env = containers
                .flatten()
                .flat_map(|one| one["env"].as_array().into_iter().flatten());
            for one in env.filter(|one| secret(one["name"].as_str().unwrap())) {
                assert!(
                    one["value"].is_null(),
                    "{profile}: {} has {one}",
                    object.name()
                );
            }
        }
    }
}

#[test]
fn a_backup_is_made_each_night_by_pods_that_reach_the_database_and_the_bucket_alone() {
    for profile in ["staging", "production"] {
        let release = release(profile);
        let object = |kind: &str| {
            let mut all = release.objects.iter();
            let found = all.find(|one| one.kind() == kind && one.name() == "todo-backup");
            &found.unwrap().value["spec"]
        };
        let job = object("CronJob");
        assert_eq!(job["schedule"], "17 2 * * *");
        assert_eq!(job["concurrencyPolicy"], "Forbid");
        let pod = &job["jobTemplate"]["spec"]["template"]["spec"];
        let (dump, send) = (&pod["initContainers"][0], &pod["containers"][0]);
        assert_eq!(dump["command"], serde_json::json!(["pg_dump"]));
        assert_eq!(send["image"], IMAGE);
        let args: Vec<&str> = send["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| arg.as_str().unwrap())
            .collect();
        assert_eq!(args[..2], ["backup", "create"]);
        let written = format!("--file={}", args.last().unwrap());
        assert!(dump["args"].as_array().unwrap().contains(&written.into()));
        // Who reads the database has no key to the bucket, and the other way round.
        let told = |container: &serde_json::Value| container["env"].to_string();
        assert!(told(dump).contains("DATABASE_URL") && !told(dump).contains("AWS_"));
        assert!(told(send).contains("AWS_") && !told(send).contains("DATABASE_URL"));
        for container in [dump, send] {
            let context = &container["securityContext"];
            assert_eq!(context["runAsNonRoot"], true);
            assert_eq!(context["readOnlyRootFilesystem"], true);
            assert_eq!(context["allowPrivilegeEscalation"], false);
        }
        let policy = object("NetworkPolicy");
        assert!(policy["ingress"].is_null());
        let ports: Vec<i64> = policy["egress"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|rule| rule["ports"].as_array().unwrap())
            .map(|port| port["port"].as_i64().unwrap())
            .collect();
        assert_eq!(ports, [53, 53, 443, 25060]);
        let secret = |name: &str| release.secrets.iter().any(|key| key.secret == name);
        assert!(secret("todo-backup"));
    }
    assert!(
        release("budget")
            .objects
            .iter()
            .all(|one| one.kind() != "CronJob")
    );
}

#[test]
fn what_only_events_call_is_never_beside_routes_and_never_public() {
    for profile in ["budget", "staging", "production"] {
        for object in release(profile)
            .objects
            .iter()
            .filter(|one| one.kind() == "Service")
        {
            let args = object
                .value
                .pointer("/spec/template/spec/containers/0/args")
                .unwrap()
                .to_string();
            let local = object.value["metadata"]["labels"]["networking.knative.dev/visibility"]
                == "cluster-local";
            if args.contains("--event-sinks") {
                assert!(local, "{profile}: {} is public", object.name());
                assert!(
                    !args.contains("\"tasks\""),
                    "{profile}: {} serves routes as well",
                    object.name()
                );
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_files() {
    assert_eq!(
        render::stream(&release("production")),
        render::stream(&release("production"))
    );
    assert_eq!(
        render::helm(&release("staging")),
        render::helm(&release("staging"))
    );
}

#[test]
fn a_chart_with_its_values_is_what_is_deployed() {
    let release = release("staging");
    let files = render::helm(&release);
    let chart: Vec<String> = files
        .iter()
        .filter(|file| file.path.starts_with("templates"))
        .map(|file| {
            let text = file.text.replace("{{ .Values.image }}", &release.image);
            let text = text.replace("{{ .Values.release }}", &release.name);
            text.replace("{{ .Release.Namespace }}", &release.namespace)
        })
        .collect();
    let hooked = chart
        .iter()
        .filter(|text| text.contains("helm.sh/hook:"))
        .count();
    assert_eq!(hooked, 1, "the migration alone");
    for object in release
        .objects
        .iter()
        .filter(|one| one.stage != Stage::Migration)
    {
        let text = render::yaml(&object.value);
        assert!(
            chart.contains(&text),
            "{} is not in the chart as it is",
            object.name()
        );
    }
}

#[test]
fn a_base_for_kustomize_lists_all_its_files() {
    let files = render::kustomize(&release("budget"));
    let list = files
        .iter()
        .find(|file| file.path.ends_with("kustomization.yaml"))
        .unwrap();
    for file in files.iter().filter(|file| *file != list) {
        assert!(
            list.text.contains(&*file.path.to_string_lossy()),
            "{:?}",
            file.path
        );
    }
}

#[test]
fn the_smallest_application_needs_no_profile() {
    let profile = Profile::parse(Path::new("none"), "namespace = \"hello\"").unwrap();
    let release = Release::new(&app("examples/hello"), &profile, Some(IMAGE)).unwrap();
    let kinds: Vec<&str> = release
        .objects
        .iter()
        .map(Object::kind)
        .filter(|kind| *kind != "NetworkPolicy")
        .collect();
    assert_eq!(kinds, ["ServiceAccount", "Service", "Service"]);
}
