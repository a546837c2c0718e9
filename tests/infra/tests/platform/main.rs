//! `infra/platform` and `infra/up`: manifests against schemas, steps against profiles and
//! pins, what namespaces and roles have to have, and the scripts, run dry and with tools
//! that only write down how they were called.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod budget;
mod environments;
mod namespaces;
mod roles;
mod runs;
mod schemas;
mod scripts;
mod secrets;
mod source;
mod steps;

use anyhow::{Context, ensure};
use serde_json::json;

use schemas::Schemas;
use source::{Document, PROFILES, Step, instructions, of};
use spindrift_test_infra::text;

/// Fails with all problems at once, one a line.
fn none(problems: &[String]) -> anyhow::Result<()> {
    ensure!(problems.is_empty(), "\n{}", problems.join("\n"));
    Ok(())
}

#[test]
fn every_manifest_is_what_its_kind_is() -> anyhow::Result<()> {
    let schemas = Schemas::read()?;
    let manifests = source::manifests()?;
    ensure!(
        manifests.len() > 100,
        "{} objects are read",
        manifests.len()
    );
    for document in &manifests {
        let mistakes = schemas.mistakes(&document.value)?;
        let name = of(&document.value, "/metadata/name");
        let mistakes: Vec<_> = mistakes
            .iter()
            .map(|mistake| format!("{}: {name}: {mistake}", document.path))
            .collect();
        none(&mistakes)?;
    }
    Ok(())
}

#[test]
fn a_misspelt_key_a_wrong_type_and_an_unknown_kind_are_found() -> anyhow::Result<()> {
    let schemas = Schemas::read()?;
    let manifests = source::manifests()?;
    let object = |kind: &str| {
        let found = manifests.iter().find(|one| of(&one.value, "/kind") == kind);
        found
            .map(|one| one.value.clone())
            .with_context(|| kind.to_owned())
    };
    for (kind, pointer, key) in [
        ("KnativeServing", "/spec/ingress/kourier", "service-typ"),
        ("Kafka", "/spec/kafka/listeners/0", "tsl"),
        ("KafkaNodePool", "/spec/storage/volumes/0", "sice"),
        (
            "ClusterIssuer",
            "/spec/acme/solvers/0/dns01/digitalocean",
            "tokenRef",
        ),
        ("Gateway", "/spec/listeners/0", "protocl"),
        ("ClientTrafficPolicy", "/spec/tls", "minVersio"),
        ("NetworkPolicy", "/spec", "podSelektor"),
        ("Agent", "/spec/declarative", "model"),
        ("Deployment", "/spec/template/spec/containers/0", "imagee"),
    ] {
        let mut planted = object(kind)?;
        planted.pointer_mut(pointer).context(pointer.to_owned())?[key] = json!("x");
        ensure!(
            !schemas.mistakes(&planted)?.is_empty(),
            "{kind}: {key} is not found"
        );
    }
    let mut planted = object("Kafka")?;
    planted["spec"]["kafka"]["listeners"][0]["port"] = json!("9093");
    ensure!(
        !schemas.mistakes(&planted)?.is_empty(),
        "a port that is a text is not found"
    );
    planted["kind"] = json!("Kavka");
    ensure!(
        !schemas.mistakes(&planted)?.is_empty(),
        "an unknown kind is not found"
    );
    Ok(())
}

#[test]
fn every_namespace_is_closed_and_bounded_from_its_first_second() -> anyhow::Result<()> {
    let mut manifests = source::manifests()?;
    none(&namespaces::mistakes(&manifests))?;

    // Each of these taken away is found.
    for kind in ["LimitRange", "ResourceQuota", "NetworkPolicy"] {
        let at = manifests
            .iter()
            .position(|one| of(&one.value, "/kind") == kind);
        let taken = manifests.remove(at.context(kind)?);
        ensure!(
            !namespaces::mistakes(&manifests).is_empty(),
            "no {kind} is not found"
        );
        manifests.push(taken);
    }
    let open = manifests
        .iter_mut()
        .find(|one| of(&one.value, "/metadata/name") == "todo");
    open.context("todo")?.value["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] =
        json!("baseline");
    ensure!(
        !namespaces::mistakes(&manifests).is_empty(),
        "an open environment is not found"
    );
    Ok(())
}

#[test]
fn every_step_has_instructions_that_exist_and_waits_for_something() -> anyhow::Result<()> {
    let (steps, pins) = (source::steps()?, source::pins()?);
    none(&steps::mistakes(&steps, &pins)?)?;
    for (line, why) in [
        (
            "chart nothing-like-it somewhere",
            "a chart that is not pinned",
        ),
        (
            "secret todo todo key:hunter2",
            "a secret that is written out",
        ),
        ("apply nowhere", "a folder that is not there"),
        (
            "repository infra/monitoring/nowhere.yaml",
            "a file that is not there",
        ),
        ("install everything", "an unknown instruction"),
        ("await forever deployment/x", "an unknown condition"),
    ] {
        let planted = Step {
            name: "planted".to_owned(),
            folder: "infra/platform/steps/10-environments".to_owned(),
            variants: vec![(
                None,
                instructions(&format!("{line}\nawait rollout deployment/x")),
            )],
        };
        ensure!(
            steps::mistakes(&[planted], &pins)?.len() == 1,
            "{why} is not found"
        );
    }
    let planted = Step {
        name: "planted".to_owned(),
        folder: "infra/platform/steps/10-environments".to_owned(),
        variants: vec![(None, instructions("apply"))],
    };
    ensure!(
        steps::mistakes(&[planted], &pins)?.len() == 1,
        "a step that waits for nothing is not found"
    );
    Ok(())
}

#[test]
fn every_pin_is_used_and_every_file_of_values_belongs_to_one() -> anyhow::Result<()> {
    let (steps, mut pins) = (source::steps()?, source::pins()?);
    let manifests = manifest_texts()?;
    none(&steps::unused(&steps, &pins, &manifests)?)?;

    pins.push("chart.unused".to_owned());
    pins.push("image.unused".to_owned());
    ensure!(
        steps::unused(&steps, &pins, &manifests)?.len() == 2,
        "unused pins are not found"
    );
    pins.truncate(pins.len() - 2);
    pins.retain(|pin| pin != "operand.kafka");
    ensure!(
        steps::unused(&steps, &pins, &manifests)?.len() == 1,
        "a missing pin is not found"
    );
    Ok(())
}

#[test]
fn every_version_is_exact_and_stands_in_one_place() -> anyhow::Result<()> {
    let versions = text("infra/platform/versions.toml")?;
    let mut seen = 0;
    for line in versions
        .lines()
        .filter_map(|line| line.strip_prefix("version = "))
    {
        let version = line.trim_matches('"').trim_start_matches('v');
        let exact = version
            .split(['.', '-'])
            .take(3)
            .all(|part| part.parse::<u32>().is_ok());
        ensure!(
            exact && version.matches('.').count() == 2,
            "{version} is not exact"
        );
        seen += 1;
    }
    ensure!(seen == source::pins()?.len(), "{seen} versions");
    for path in source::paths("infra/platform/steps/**/*")? {
        let Ok(content) = text(&path) else { continue };
        for (pin, version) in versions_of(&versions) {
            ensure!(
                !content.contains(&version),
                "{path}: has the version {version} of {pin}"
            );
        }
    }
    Ok(())
}

/// Pins and their versions, without those that are too short to tell from other numbers.
fn versions_of(versions: &str) -> Vec<(String, String)> {
    let mut pin = String::new();
    let mut all = Vec::new();
    for line in versions.lines() {
        if let Some(table) = line.strip_prefix('[') {
            pin = table.trim_end_matches(']').to_owned();
        } else if let Some(version) = line.strip_prefix("version = ") {
            let version = version.trim_matches('"').to_owned();
            if version.len() > 6 {
                all.push((pin.clone(), version));
            }
        }
    }
    all
}

#[test]
fn clusters_are_made_with_a_kubernetes_that_knative_runs_on() -> anyhow::Result<()> {
    let versions: toml_edit::DocumentMut = text("infra/platform/versions.toml")?.parse()?;
    let oldest = versions["operand"]["knative-serving"]["kubernetes"].as_str();
    let oldest = oldest.context("Knative's oldest Kubernetes is not told")?;
    for profile in PROFILES {
        let path = format!("infra/terraform/{profile}/variables.tf");
        let variables = text(&path)?;
        let made = variables
            .split_once("variable \"kubernetes_minor\"")
            .and_then(|(_, rest)| rest.split_once("default"))
            .and_then(|(_, rest)| rest.split('"').nth(1))
            .with_context(|| format!("{path}: kubernetes_minor has no default"))?;
        ensure!(
            minor(made)? >= minor(oldest)?,
            "{path}: {made} is older than {oldest}"
        );
    }
    ensure!(minor("1.33")? < minor("1.34")? && minor("1.9")? < minor("1.34")?);
    Ok(())
}

/// The number behind `1.`.
fn minor(version: &str) -> anyhow::Result<u32> {
    let minor = version.strip_prefix("1.").context("is not 1.x")?;
    Ok(minor.parse()?)
}

#[test]
fn no_file_holds_a_secret() -> anyhow::Result<()> {
    let mut documents = source::manifests()?;
    documents.extend(source::values()?);
    none(&secrets::mistakes(&documents))?;
    for (value, why) in [
        (json!({ "kind": "Secret" }), "a Secret"),
        (
            json!({ "grafana": { "adminPassword": "hunter2" } }),
            "a password",
        ),
        (json!({ "s3": { "secretAccessKey": "x" } }), "a key"),
        (
            json!([{ "name": "saslPassword", "value": "hunter2" }]),
            "a password of Dapr's",
        ),
        (
            json!({ "url": "postgres://todo:hunter2@db/todo" }),
            "a password in a URL",
        ),
    ] {
        let path = "planted".to_owned();
        let found = secrets::mistakes(&[Document { path, value }]);
        ensure!(!found.is_empty(), "{why} is not found");
    }
    Ok(())
}

#[test]
fn the_deployer_may_do_what_its_code_lists_and_nothing_else() -> anyhow::Result<()> {
    let manifests = source::manifests()?;
    let role = manifests
        .iter()
        .find(|one| {
            of(&one.value, "/kind") == "ClusterRole"
                && of(&one.value, "/metadata/name") == "spindrift-deployer"
        })
        .context("there is no spindrift-deployer")?;
    let (granted, wanted) = (roles::granted(&role.value), roles::wanted()?);
    let missing: Vec<_> = wanted
        .difference(&granted)
        .map(|right| format!("missing: {right:?}"))
        .collect();
    none(&missing)?;
    let more: Vec<_> = granted
        .difference(&wanted)
        .map(|right| format!("too much: {right:?}"))
        .collect();
    none(&more)?;

    let mut planted = role.value.clone();
    planted["rules"][0]["verbs"] = json!(["create", "list"]);
    ensure!(
        roles::granted(&planted) != wanted,
        "a right too much is not found"
    );
    Ok(())
}

#[test]
fn nobody_but_the_deployer_can_read_a_secret_or_run_what_could() -> anyhow::Result<()> {
    for document in source::manifests()? {
        let name = of(&document.value, "/metadata/name");
        if of(&document.value, "/kind") != "ClusterRole" || name == "spindrift-deployer" {
            continue;
        }
        for (_, resource, _, verb) in roles::granted(&document.value) {
            let looks = ["get", "list", "watch"].contains(&verb.as_str());
            ensure!(resource != "secrets", "{name}: {verb} secrets");
            ensure!(resource != "*" || looks, "{name}: {verb} everything");
            let writes = ["create", "patch", "update"].contains(&verb.as_str());
            let runs = [
                "pods",
                "deployments",
                "jobs",
                "cronjobs",
                "pods/exec",
                "services",
            ]
            .contains(&resource.as_str());
            ensure!(
                !(writes && runs),
                "{name}: {verb} {resource} is as good as reading Secrets"
            );
        }
    }
    Ok(())
}

#[test]
fn the_platform_has_what_the_applications_profiles_want() -> anyhow::Result<()> {
    let (steps, manifests) = (source::steps()?, source::manifests()?);
    let mut found = Vec::new();
    for profile in PROFILES {
        let wants = environments::application(profile)?;
        let given = source::profile(profile)?;
        let missing = environments::missing(profile, &wants, &given, &steps, &manifests)?;
        found.extend(missing);
    }
    none(&found)
}

#[test]
fn a_profile_that_wants_more_than_there_is_is_found() -> anyhow::Result<()> {
    let (steps, manifests) = (source::steps()?, source::manifests()?);
    let given = source::profile("budget")?;
    for (wanted, count) in [
        ("[delivery]\nmode = \"knative\"", 1),
        (
            "[routing]\nmode = \"gateway\"\ninternal_namespace = \"knative-serving\"",
            1,
        ),
        ("[routing]\nissuer = \"nobody\"", 1),
        ("[monitoring]\npod_monitor = true", 1),
        ("[dapr]\nenabled = true", 1),
        ("[kafka]\nmax_consumers = 4", 1),
        (
            "[variables]\njwt_key = { secret = \"todo\", key = \"other\" }",
            1,
        ),
        ("", 0),
    ] {
        let wants = format!("namespace = \"todo\"\n{wanted}\n").parse()?;
        let found = environments::missing("budget", &wants, &given, &steps, &manifests)?;
        ensure!(found.len() == count, "{wanted}: {found:?}");
    }
    Ok(())
}

#[test]
fn every_step_of_a_profile_is_for_it() -> anyhow::Result<()> {
    let steps = source::steps()?;
    for profile in PROFILES {
        for name in source::profile(profile)? {
            let step = steps.iter().find(|step| step.name == name);
            let step = step.with_context(|| format!("{profile}: there is no step {name}"))?;
            ensure!(
                step.instructions(profile).is_some(),
                "{profile}: {name} is not for it"
            );
        }
    }
    Ok(())
}

#[test]
fn budget_fits_its_node() -> anyhow::Result<()> {
    let (steps, given) = (source::steps()?, source::profile("budget")?);
    let (manifests, values) = (source::manifests()?, source::values()?);
    let requests = budget::requests(&steps, &given, &manifests, &values)?;
    ensure!(requests.len() == 4, "{requests:?}");
    let readme = text("infra/platform/README.md")?;
    let (mut cpu, mut memory) = (
        budget::SYSTEM.0 + budget::APPLICATION.0,
        budget::SYSTEM.1 + budget::APPLICATION.1,
    );
    for (step, (of_cpu, of_memory)) in &requests {
        let row = format!("| `{step}` | {of_cpu} | {of_memory} |");
        ensure!(
            readme.contains(&row),
            "infra/platform/README.md has no row {row}"
        );
        cpu += of_cpu;
        memory += of_memory;
    }
    ensure!(
        cpu <= budget::NODE.0 && memory <= budget::NODE.1,
        "{cpu}m and {memory} MiB"
    );
    let row = format!("| all | {cpu} | {memory} |");
    ensure!(
        readme.contains(&row),
        "infra/platform/README.md has no row {row}"
    );

    // With what is left, monitoring fits as well.
    let mut more = given;
    more.push("monitoring".to_owned());
    let with = budget::requests(&steps, &more, &manifests, &values)?;
    let (_, (of_cpu, of_memory)) = with
        .iter()
        .find(|(step, _)| step == "monitoring")
        .context("monitoring")?;
    ensure!(
        cpu + of_cpu <= budget::NODE.0 && memory + of_memory <= budget::NODE.1,
        "with monitoring: {of_cpu}m and {of_memory} MiB more"
    );
    Ok(())
}

/// All manifests, with their variables.
fn manifest_texts() -> anyhow::Result<String> {
    let mut all = source::paths("infra/platform/steps/*/namespace.yaml")?;
    all.extend(source::paths("infra/platform/steps/*/manifests/**/*.yaml")?);
    all.iter().map(|path| text(path)).collect()
}
