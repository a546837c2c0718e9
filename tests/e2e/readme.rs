//! The README's first screen does what it says.

use std::fs;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;
use spindrift_tests::{Start, scratch, workspace};

use crate::Result;

/// The `sh` blocks before the first heading below the title.
fn first_screen() -> Result<Vec<String>> {
    let text = fs::read_to_string(workspace().join("README.md"))?;
    let screen = text.split("\n## ").next().context("an empty README")?;
    let blocks = screen.split("```sh\n").skip(1);
    Ok(blocks
        .filter_map(|block| block.split("```").next())
        .map(|block| block.trim().to_owned())
        .collect())
}

#[tokio::test]
async fn three_commands_lead_from_a_clone_to_a_task() -> Result {
    let commands = first_screen()?;
    // `make up` is what set-up and build come down to: this, on the usual port.
    assert_eq!(commands.len(), 3, "{commands:#?}");
    assert_eq!(commands[0], "make up");
    let running = Start::private_todo().await?.run().await?;
    // Where `make up` has run, there is a state folder.
    let folder = scratch()?;
    fs::create_dir(folder.path().join(".spindrift"))?;
    let mut said = String::new();
    for command in &commands[1..] {
        let command = command.replace("http://127.0.0.1:3000", &running.api.url);
        ensure!(!command.contains("3000"), "{command}");
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(folder.path())
            .output()?;
        ensure!(output.status.success(), "{command}: {output:?}");
        said = String::from_utf8(output.stdout)?;
        let answer: Value = serde_json::from_str(&said).with_context(|| said.clone())?;
        ensure!(answer["status"].as_u64().is_none(), "{command}: {answer}");
    }
    let task: Value = serde_json::from_str(&said)?;
    assert_eq!(
        (&task["title"], &task["status"]),
        (&"Water the plants".into(), &"open".into())
    );
    assert!(task["id"].is_string() && task["version"] == 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_flag_and_command_that_the_readme_names_exists() -> Result {
    let page = |name: &str| fs::read_to_string(workspace().join(name));
    let text = page("README.md")? + &page("docs/deploying.md")?;
    let help = |command: &str| Start::command(&[command, "--help"]);
    let mut known = String::new();
    for command in [
        "new", "add", "up", "watch", "serve", "edge", "smoke", "migrate", "build", "backup",
        "restore", "doctor", "dlq", "relay", "events", "deploy", "render", "diff", "status",
        "logs", "promote", "rollback", "delete",
    ] {
        known.push_str(&help(command)?.end().await?.stdout);
    }
    for command in ["create", "list", "verify", "restore"] {
        let help = Start::command(&["backup", command, "--help"])?;
        known.push_str(&help.end().await?.stdout);
    }
    for command in ["package", "install"] {
        let help = Start::command(&["plugin", command, "--help"])?;
        known.push_str(&help.end().await?.stdout);
    }
    let flags = text
        .split(['`', ' ', '\''])
        .filter(|word| word.starts_with("--") && word.len() > 2);
    for flag in flags.map(|flag| flag.split(['=', '\n']).next().unwrap_or(flag)) {
        let elsewhere = ["--target", "--locked", "--from-literal", "--file"];
        assert!(
            known.contains(flag) || elsewhere.contains(&flag) || flag == "--help",
            "{flag} is unknown"
        );
    }
    let makefile = fs::read_to_string(workspace().join("Makefile"))?;
    for target in text
        .split("`make ")
        .skip(1)
        .filter_map(|rest| rest.split(['`', ' ']).next())
    {
        assert!(
            makefile.contains(&format!("\n{target}:")),
            "`make {target}` is unknown"
        );
    }
    Ok(())
}
