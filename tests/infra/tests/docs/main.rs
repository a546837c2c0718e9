//! What the documents say, held to what is there: links, commands, decisions, requirements,
//! and the workflows, which are commands too.

mod commands;
mod decisions;
mod links;
mod page;
mod program;
mod queries;
mod requirements;
mod scripts;
mod shell;
mod tools;
mod workflows;

/// Fails with all problems at once, one a line.
fn none(problems: &[String]) -> anyhow::Result<()> {
    anyhow::ensure!(problems.is_empty(), "\n{}", problems.join("\n"));
    Ok(())
}
