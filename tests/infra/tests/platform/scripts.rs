//! `infra/up` and `infra/platform/apply`, run.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, ensure};

use crate::runs::{MADE_UP, Run, Tools, run, run_in, secrets, variables};
use crate::source::{PROFILES, names, parse, paths, profile};
use spindrift_test_infra::text;

fn succeeded(run: Run) -> anyhow::Result<Run> {
    ensure!(run.success, "{}\n{}", run.out, run.err);
    Ok(run)
}

/// That a text has these in this order.
fn in_order(text: &str, parts: &[&str]) -> anyhow::Result<()> {
    let mut rest = text;
    for part in parts {
        let at = rest
            .find(part)
            .with_context(|| format!("{part:?} is missing, or too early, in:\n{text}"))?;
        rest = &rest[at + part.len()..];
    }
    Ok(())
}

#[test]
fn a_dry_run_of_the_whole_path_prints_every_step_in_order() -> anyhow::Result<()> {
    for name in PROFILES {
        let run = succeeded(run(&["infra/up", name, "--dry-run"], &variables(), None)?)?;
        let begin = format!("terraform -chdir=infra/terraform/{name} init");
        let apply = format!("terraform -chdir=infra/terraform/{name} apply");
        let deploy = format!("target/dist/spindrift deploy --profile {name} --image");
        in_order(
            &run.out,
            &[
                "1. ",
                &begin,
                "2. ",
                &apply,
                "doctl kubernetes cluster kubeconfig save",
                &format!("infra/platform/apply {name}"),
                "doctl registry kubernetes-manifest",
                "kubectl get ",
                "TF_VAR_address=",
                "make functions PROFILE=dist",
                "target/dist/spindrift build --portable",
                &deploy,
                "curl --fail",
            ],
        )?;
        let steps = profile(name)?;
        let numbered: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(at, step)| format!("{}/{} {step}: ", at + 1, steps.len()))
            .collect();
        in_order(
            &run.out,
            &numbered.iter().map(String::as_str).collect::<Vec<_>>(),
        )?;
        let numbers = run
            .out
            .lines()
            .filter_map(|line| line.split_once(". ")?.0.parse::<usize>().ok());
        ensure!(
            numbers.eq(1..=match name {
                "budget" => 11,
                "staging" => 13,
                _ => 14,
            }),
            "{}",
            run.out
        );
    }
    Ok(())
}

#[test]
fn staging_beside_production_adds_its_namespace_and_secrets_alone() -> anyhow::Result<()> {
    let arguments = ["infra/up", "staging", "--beside", "production", "--dry-run"];
    let run = succeeded(run(&arguments, &variables(), None)?)?;
    in_order(
        &run.out,
        &[
            "apply production --only environments",
            "apply staging --only application",
            "kubectl get gateway public",
        ],
    )?;
    ensure!(!run.out.contains("helm "), "{}", run.out);
    Ok(())
}

/// Whether `infra/up` makes the value itself.
fn made(variable: &str) -> bool {
    variable.starts_with("LOGS_") || variable.starts_with("BACKUP_") && variable.contains("_KEY")
}

#[test]
fn each_missing_or_malformed_variable_is_named_before_anything_is_done() -> anyhow::Result<()> {
    for name in PROFILES {
        let needed = run(
            &["infra/platform/apply", name, "--variables"],
            &variables(),
            None,
        )?;
        let needed: Vec<_> = needed.out.lines().map(str::to_owned).collect();
        ensure!(needed.len() > 5, "{needed:?}");
        // What infra/up makes, or knows by itself.
        let fetched = |variable: &str| {
            made(variable) || name != "budget" && variable.ends_with("_DATABASE_URL")
        };
        let own = ["STATE_BUCKET".to_owned(), "REGISTRY_NAME".to_owned()];
        let needed: Vec<_> = needed
            .iter()
            .chain(&own)
            .filter(|one| !fetched(one))
            .collect();
        // With none at all, each is named; with one missing, that one alone.
        let nothing = run(&["infra/up", name, "--dry-run"], &BTreeMap::new(), None)?;
        ensure!(
            !nothing.success && nothing.out.is_empty(),
            "{}",
            nothing.out
        );
        for variable in needed {
            ensure!(
                nothing.err.contains(&format!("  {variable} is not set: ")),
                "{}",
                nothing.err
            );
        }
        let mut given = variables();
        given.remove("JWT_KEY");
        let without = run(&["infra/up", name, "--dry-run"], &given, None)?;
        ensure!(
            !without.success && without.out.is_empty(),
            "{}",
            without.out
        );
        ensure!(
            without.err.matches(" is not set: ").count() == 1,
            "{}",
            without.err
        );
        ensure!(
            without.err.contains("JWT_KEY is not set: "),
            "{}",
            without.err
        );
    }
    let mut given = variables();
    given.insert("DOMAIN", "not a domain".to_owned());
    let run = run(&["infra/up", "budget", "--dry-run"], &given, None)?;
    ensure!(
        !run.success && run.err.contains("DOMAIN is malformed"),
        "{}",
        run.err
    );
    Ok(())
}

#[test]
fn every_variable_is_read_by_something() -> anyhow::Result<()> {
    let scripts =
        text("infra/up")? + &text("infra/lib/step.sh")? + &text("infra/lib/instruction.sh")?;
    let mut read = String::new();
    for path in paths("infra/platform/steps/**/*")? {
        read += &text(&path).unwrap_or_default();
    }
    let inside = names(&read);
    for (variable, _) in variables() {
        let used = scripts.contains(variable)
            || inside.contains(variable)
            || read.contains(&format!("={variable}"));
        ensure!(used, "nothing reads {variable}");
    }
    Ok(())
}

#[test]
fn wrong_arguments_are_answered_with_what_there_is() -> anyhow::Result<()> {
    for (arguments, said) in [
        (
            &["infra/up", "prod", "--dry-run"] as &[&str],
            "budget, staging or production",
        ),
        (
            &["infra/up", "production", "--beside", "production"],
            "--beside is for staging",
        ),
        (
            &["infra/platform/apply", "prod"],
            "one of budget, production, staging",
        ),
        (
            &["infra/platform/apply", "budget", "--only", "nix"],
            "there is no step 'nix'",
        ),
        (
            &[
                "infra/platform/apply",
                "budget",
                "--dry-run",
                "--with",
                "gateway",
            ],
            "the step 'gateway' is not for budget",
        ),
        (
            &["infra/platform/apply", "budget", "--now"],
            "unknown option '--now'",
        ),
    ] {
        let run = run(arguments, &variables(), None)?;
        ensure!(
            !run.success && run.err.contains(said),
            "{arguments:?}: {}",
            run.err
        );
    }
    Ok(())
}

#[test]
fn no_secret_is_in_an_argument_or_in_what_is_printed() -> anyhow::Result<()> {
    for (name, more) in [
        ("budget", &["kafka-hosted", "monitoring"] as &[&str]),
        ("staging", &["kafka-redpanda"]),
        (
            "production",
            &["dapr", "kagent", "keda", "external-secrets"],
        ),
    ] {
        let tools = Tools::new(&format!("secrets-{name}"), "")?;
        let mut arguments = vec!["infra/platform/apply", name];
        for step in more {
            arguments.extend(["--with", step]);
        }
        let run = succeeded(run(&arguments, &variables(), Some(&tools))?)?;
        let (called, applied) = (tools.arguments(), tools.objects());
        for secret in secrets() {
            for (where_, text) in [
                ("an argument", &called),
                ("the output", &run.out),
                ("the errors", &run.err),
            ] {
                ensure!(
                    !text.contains(&secret),
                    "{name}: {secret} is in {where_}:\n{text}"
                );
            }
        }
        // The objects are whole: every variable has its value.
        let objects = parse(&applied)?;
        let left = names(&applied);
        ensure!(left.is_empty(), "{left:?} have no value");
        let secrets = objects.iter().filter(|object| object["kind"] == "Secret");
        for secret in secrets.clone() {
            let data = secret["data"].as_object().context("a Secret has no data")?;
            for (key, value) in data {
                ensure!(
                    value.as_str().is_some_and(|value| !value.is_empty()),
                    "{secret}: {key} is empty"
                );
            }
        }
        ensure!(secrets.count() >= 3, "{applied}");
        ensure!(called.contains("helm upgrade --install cert-manager cert-manager --repo https://charts.jetstack.io --version "), "{called}");
    }
    Ok(())
}

#[test]
fn a_failing_step_stops_the_rest_and_is_named() -> anyhow::Result<()> {
    for (failing, step, line) in [
        (
            "install knative-operator",
            "knative-operator",
            "chart knative-operator",
        ),
        (
            "clusterissuer/letsencrypt-production",
            "cert-manager",
            "await condition=Ready clusterissuer/letsencrypt-production",
        ),
    ] {
        let tools = Tools::new(&format!("failing-{step}"), failing)?;
        let run = run(
            &["infra/platform/apply", "budget"],
            &variables(),
            Some(&tools),
        )?;
        ensure!(!run.success, "{}", run.out);
        let said = format!("the step '{step}' failed at: {line}");
        ensure!(run.err.contains(&said), "{}", run.err);
        ensure!(
            !tools.arguments().contains("service/haproxy"),
            "{}",
            tools.arguments()
        );
    }
    Ok(())
}

#[test]
fn the_status_tells_each_condition_and_changes_nothing() -> anyhow::Result<()> {
    let tools = Tools::new("status", "clusterissuer")?;
    let run = run(
        &["infra/platform/apply", "budget", "--status"],
        &variables(),
        Some(&tools),
    )?;
    ensure!(!run.success, "{}", run.out);
    in_order(
        &run.out,
        &[
            "yes  environments",
            "no   cert-manager",
            "yes  application",
            "conditions hold",
        ],
    )?;
    let changing = tools
        .arguments()
        .lines()
        .filter(|line| line.contains(" apply ") || line.contains("helm"))
        .count();
    ensure!(changing == 0, "{}", tools.arguments());
    Ok(())
}

#[test]
fn the_whole_path_runs_writes_the_profiles_names_and_tells_no_secret() -> anyhow::Result<()> {
    for (name, more, host) in [
        ("budget", &[] as &[&str], "todo-edge.todo.acme.org"),
        ("production", &[], "todo.acme.org"),
        (
            "staging",
            &["--beside", "production"],
            "staging.todo.acme.org",
        ),
    ] {
        let tools = Tools::new(&format!("up-{name}"), "")?;
        let root = tools.copy()?;
        let arguments: Vec<_> = ["infra/up", name]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        // What is made on the way is not known before.
        let mut given = variables();
        given.retain(|variable, _| !made(variable));
        if name != "budget" {
            given.retain(|variable, _| !variable.ends_with("_DATABASE_URL"));
        }
        let first = succeeded(run_in(&root, &arguments, &given, Some(&tools))?)?;
        ensure!(
            first.out.ends_with(&format!("https://{host} serves\n")),
            "{}",
            first.out
        );
        let called = tools.arguments();
        in_order(
            &called,
            &[
                &format!("terraform -chdir=infra/terraform/{name} init"),
                &format!("terraform -chdir=infra/terraform/{name} apply"),
                "doctl kubernetes cluster kubeconfig save the-cluster",
                "kubectl apply",
                "doctl registry kubernetes-manifest acme",
                &format!("terraform -chdir=infra/terraform/{name} apply"),
                "make functions PROFILE=dist",
                "spindrift build",
                &format!(
                    "spindrift deploy --profile {name} --image registry.digitalocean.com/acme/todo@sha256:0a1b"
                ),
                &format!("https://{host}/api/health"),
            ],
        )?;
        let printed = format!("{called}{}{}", first.out, first.err);
        for secret in secrets().iter().map(String::as_str).chain(MADE_UP) {
            let shown = given.values().any(|value| value == secret) || MADE_UP.contains(&secret);
            ensure!(
                !(shown && printed.contains(secret)),
                "{name}: {secret} is told:\n{printed}"
            );
        }
        if name == "production" {
            let objects = tools.objects();
            ensure!(objects.contains("AWS_SECRET_ACCESS_KEY: "), "{objects}");
            ensure!(!objects.contains("AWS_SECRET_ACCESS_KEY: \n"), "{objects}");
        }

        let profile = root.join(format!("knative/profiles/{name}.toml"));
        let written = fs::read_to_string(&profile)?;
        ensure!(!written.contains("example.com"), "{written}");
        ensure!(
            written.contains("\npull_secret = \"registry\"\n"),
            "{written}"
        );
        ensure!(
            name == "budget" || written.contains("\"db.acme.internal:25060\""),
            "{written}"
        );
        ensure!(
            name == "budget" || written.contains(&given["BACKUP_RECIPIENT"]),
            "{written}"
        );
        ensure!(!written.contains("\"age1example"), "{written}");
        let again = succeeded(run_in(&root, &arguments, &given, Some(&tools))?)?;
        ensure!(
            again
                .out
                .contains(&format!("knative/profiles/{name}.toml has them")),
            "{}",
            again.out
        );
        ensure!(
            fs::read_to_string(&profile)? == written,
            "a second run changes the profile"
        );
    }
    Ok(())
}

#[test]
fn a_domain_that_nobody_can_have_costs_nothing() -> anyhow::Result<()> {
    let tools = Tools::new("example", "")?;
    let root = tools.copy()?;
    let mut given = variables();
    given.insert("DOMAIN", "example.com".to_owned());
    let run = run_in(&root, &["infra/up", "budget"], &given, Some(&tools))?;
    ensure!(
        !run.success && run.err.contains("which nobody can have"),
        "{}",
        run.err
    );
    ensure!(tools.arguments().is_empty(), "{}", tools.arguments());
    Ok(())
}
