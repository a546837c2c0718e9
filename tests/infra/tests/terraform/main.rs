//! `infra/terraform`, against the provider's schema and by itself. What Terraform itself
//! says is in `infra/terraform/check`.

mod arguments;
mod habits;
mod names;
mod planted;
mod references;
mod runs;
mod schema;
mod source;

use std::collections::BTreeSet;

use schema::Schema;
use source::{ROOTS, all, files, folder, label};

fn none(found: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(found.is_empty(), "\n{}", found.join("\n"));
    Ok(())
}

#[test]
fn every_argument_and_block_is_the_providers() -> anyhow::Result<()> {
    let schema = Schema::read()?;
    for source in all()? {
        none(&arguments::mistakes(&source, &schema)?)?;
    }
    Ok(())
}

#[test]
fn every_reference_leads_somewhere() -> anyhow::Result<()> {
    let (schema, sources) = (Schema::read()?, all()?);
    for source in &sources {
        none(&names::unresolved(source, &schema, &sources)?)?;
        none(&names::wrong_calls(source, &sources))?;
        none(&names::unused(source))?;
    }
    Ok(())
}

#[test]
fn every_variable_and_output_says_what_it_is() -> anyhow::Result<()> {
    for source in all()? {
        none(&habits::undescribed(&source))?;
    }
    Ok(())
}

#[test]
fn versions_are_pinned() -> anyhow::Result<()> {
    for source in all()? {
        none(&habits::unpinned(
            &source,
            ROOTS.contains(&source.name.as_str()),
        ))?;
    }
    Ok(())
}

#[test]
fn nothing_secret_is_written_or_shown() -> anyhow::Result<()> {
    let schema = Schema::read()?;
    for source in all()? {
        none(&names::open_secrets(&source, &schema)?)?;
    }
    for path in files(&folder(), "**/*")?
        .into_iter()
        .filter(|path| path.is_file())
    {
        if !path
            .components()
            .any(|part| part.as_os_str() == ".terraform")
        {
            none(&habits::secrets(
                &path.display().to_string(),
                &std::fs::read_to_string(&path)?,
            ))?;
        }
    }
    Ok(())
}

#[test]
fn every_module_is_used_and_no_more_of_the_schema_is_kept() -> anyhow::Result<()> {
    let (schema, sources) = (Schema::read()?, all()?);
    let called: BTreeSet<&str> = sources
        .iter()
        .flat_map(|source| source.blocks("module"))
        .filter_map(|call| names::called(call, &sources))
        .map(|module| module.name.as_str())
        .collect();
    for source in sources
        .iter()
        .filter(|source| source.name.starts_with("modules/"))
    {
        anyhow::ensure!(
            called.contains(source.name.as_str()),
            "no root uses {}",
            source.name
        );
    }
    for kind in ["resource", "data"] {
        let used: BTreeSet<&str> = sources
            .iter()
            .flat_map(|source| source.blocks(kind))
            .map(|block| label(block, 0))
            .collect();
        let kept: BTreeSet<&str> = schema.types(kind)?.into_iter().collect();
        anyhow::ensure!(
            used == kept,
            "run infra/terraform/schema: {used:?} are used, {kept:?} are in the schema"
        );
    }
    Ok(())
}

#[test]
fn every_root_keeps_its_own_state_in_spaces_and_locks_it() -> anyhow::Result<()> {
    for source in all()?
        .iter()
        .filter(|source| ROOTS.contains(&source.name.as_str()))
    {
        let backend = source
            .blocks("terraform")
            .flat_map(|block| block.body.blocks())
            .find(|block| block.identifier() == "backend");
        let backend = backend
            .filter(|block| label(block, 0) == "s3")
            .ok_or_else(|| anyhow::anyhow!("{} has no S3 backend", source.name))?;
        anyhow::ensure!(
            source::text(backend, "key") == Some(&format!("{}/terraform.tfstate", source.name)),
            "{}: another's state",
            source.name
        );
        let locked = source::value(backend, "use_lockfile") == Some(&hcl::Expression::Bool(true));
        anyhow::ensure!(locked, "{}: the state is not locked", source.name);
    }
    Ok(())
}
