//! The runs of `terraform test`: what they set and look at is there.

use anyhow::Context;
use hcl::Body;

use crate::names;
use crate::references::{Reference, of_body};
use crate::schema::Schema;
use crate::source::{ROOTS, Source, all, files, folder, label, value};

/// What is wrong with the runs of a root. `output` and `run` are theirs alone.
pub(crate) fn mistakes(
    runs: &Body,
    root: &Source,
    schema: &Schema,
    modules: &[Source],
) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let inner = runs
        .blocks()
        .filter(|block| block.identifier() == "run")
        .flat_map(|run| run.body.blocks());
    for variables in runs
        .blocks()
        .chain(inner)
        .filter(|block| block.identifier() == "variables")
    {
        for one in variables.body.attributes() {
            if root.named("variable", one.key.as_str()).is_none() {
                found.push(format!(
                    "{}: its tests set {}, which is no variable",
                    root.name, one.key
                ));
            }
        }
    }
    for run in runs.blocks().filter(|block| block.identifier() == "run") {
        let place = format!("{}: run {}", root.name, label(run, 0));
        for reference in of_body(&run.body) {
            let mistake = match reference.as_slice() {
                [word] if word == "plan" || word == "apply" => None,
                [kind, name, ..] if kind == "output" => root
                    .named("output", name)
                    .is_none()
                    .then(|| "there is no such output".to_owned()),
                _ => names::mistake(&reference as &Reference, root, schema, modules)?,
            };
            found.extend(
                mistake.map(|mistake| format!("{place}: {}: {mistake}", reference.join("."))),
            );
        }
        let looks = run
            .body
            .blocks()
            .any(|block| block.identifier() == "assert")
            || value(run, "expect_failures").is_some();
        if !looks {
            found.push(format!("{place}: looks at nothing"));
        }
        if value(run, "command").map(ToString::to_string).as_deref() != Some("plan") {
            found.push(format!(
                "{place}: is no plan, and would try to destroy what must not be"
            ));
        }
    }
    Ok(found)
}

#[test]
fn every_root_has_runs_with_a_mocked_provider() -> anyhow::Result<()> {
    let (schema, sources) = (Schema::read()?, all()?);
    for root in ROOTS {
        let source = sources
            .iter()
            .find(|source| source.name == root)
            .context("a root is missing")?;
        let paths = files(&folder().join(root), "tests/*.tftest.hcl")?;
        anyhow::ensure!(!paths.is_empty(), "{root} has no tests");
        for path in paths {
            let runs: Body = hcl::parse(&std::fs::read_to_string(&path)?)?;
            let mocked = runs.blocks().any(|block| {
                block.identifier() == "mock_provider" && label(block, 0) == "digitalocean"
            });
            anyhow::ensure!(mocked, "{}: the provider is not mocked", path.display());
            let found = mistakes(&runs, source, &schema, &sources)?;
            anyhow::ensure!(found.is_empty(), "\n{}", found.join("\n"));
        }
    }
    Ok(())
}

#[test]
fn what_small_tfvars_gives_is_what_its_run_plans() -> anyhow::Result<()> {
    let folder = folder().join("production");
    let given: Body = hcl::parse(&std::fs::read_to_string(folder.join("small.tfvars"))?)?;
    let runs: Body = hcl::parse(&std::fs::read_to_string(
        folder.join("tests/production.tftest.hcl"),
    )?)?;
    let run = runs
        .blocks()
        .find(|block| label(block, 0) == "a_small_one")
        .context("no run of it")?;
    let planned = run
        .body
        .blocks()
        .find(|block| block.identifier() == "variables")
        .context("no variables")?;
    anyhow::ensure!(
        given == planned.body,
        "small.tfvars gives {given:?}, the run plans {:?}",
        planned.body
    );
    Ok(())
}

#[test]
fn every_root_says_by_example_what_it_has_to_be_told() -> anyhow::Result<()> {
    for root in ROOTS {
        let source = Source::read(root)?;
        let example: Body = hcl::parse(&std::fs::read_to_string(
            folder().join(root).join("terraform.tfvars.example"),
        )?)?;
        let told = |name: &str| example.attributes().any(|one| one.key.as_str() == name);
        for variable in source.blocks("variable") {
            let name = label(variable, 0);
            anyhow::ensure!(
                value(variable, "default").is_some() || told(name),
                "{root}: the example lacks {name}"
            );
        }
        for one in example.attributes() {
            anyhow::ensure!(
                source.named("variable", one.key.as_str()).is_some(),
                "{root}: there is no variable {}",
                one.key
            );
        }
    }
    Ok(())
}
