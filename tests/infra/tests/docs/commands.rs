//! Commands that documents have somebody type exist.

use anyhow::Result;
use spindrift_test_infra::text;

use crate::page::{Page, pages};
use crate::program::{Program, source};
use crate::shell::{Call, calls};
use crate::{none, scripts, tools};

/// What a command may be: one of ours, or somebody else's.
#[derive(Debug)]
pub(crate) struct Known {
    program: Program,
    makefile: String,
}

impl Known {
    pub(crate) fn read() -> Result<Self> {
        Ok(Self {
            program: Program::read()?,
            makefile: text("Makefile")?,
        })
    }

    /// What is wrong with a call of our own; `None` inside when it is somebody else's.
    fn ours(&self, call: &Call) -> Option<Vec<String>> {
        let program = call.program();
        Some(match program {
            "spindrift" | "target/release/spindrift" | "target/dist/spindrift" => {
                self.spindrift(call.arguments())
            }
            "make" => self.make(call.arguments()),
            _ => {
                let path = program.strip_prefix("./").unwrap_or(program);
                let folders = ["scripts/", "infra/", ".github/", ".ci/"];
                if !folders.iter().any(|folder| path.starts_with(folder)) {
                    return None;
                }
                scripts::executable(path)
                    .into_iter()
                    .chain(scripts::platform(path, call.arguments()))
                    .collect()
            }
        })
    }

    /// What is wrong with any call.
    pub(crate) fn wrong(&self, call: &Call) -> Vec<String> {
        self.ours(call)
            .unwrap_or_else(|| tools::wrong(&call.words).into_iter().collect())
    }

    fn make(&self, arguments: &[String]) -> Vec<String> {
        let targets = arguments
            .iter()
            .filter(|word| !word.contains('=') && !word.starts_with('-'));
        let unknown = targets.filter(|target| !self.makefile.contains(&format!("\n{target}:")));
        unknown
            .map(|target| format!("`make {target}` is unknown"))
            .collect()
    }

    fn spindrift(&self, arguments: &[String]) -> Vec<String> {
        let commands = &self.program.commands;
        let plain: Vec<&str> = arguments.iter().map(String::as_str).take(2).collect();
        let Some(first) = plain
            .first()
            .copied()
            .filter(|first| !first.starts_with('-'))
        else {
            return Vec::new();
        };
        let deeper = plain.join(" ");
        let name = if commands.contains_key(&deeper) {
            deeper.as_str()
        } else {
            first
        };
        let Some(flags) = commands.get(name) else {
            return vec![format!("`spindrift {name}` is unknown")];
        };
        let below = commands
            .keys()
            .any(|other| other.starts_with(&format!("{name} ")));
        // Others are arguments: `spindrift backup FILE`.
        let is_name = |word: &&str| {
            !word.starts_with('-') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        if below && name != deeper && plain.get(1).is_some_and(is_name) {
            return vec![format!("`spindrift {}` is unknown", plain.join(" "))];
        }
        let written = arguments
            .iter()
            .filter(|word| word.starts_with('-') && word.len() > 1);
        let written = written.map(|word| word.split('=').next().unwrap_or(word));
        let known = |flag: &&str| flags.contains(*flag) || ["--help", "-h", "--"].contains(flag);
        let unknown = written.filter(|flag| !known(flag));
        unknown
            .map(|flag| format!("`spindrift {name}` has no flag {flag}"))
            .collect()
    }
}

/// Every call of a page, and what is wrong with it. A block of `sh` is all commands; of
/// a `text`, and of code within lines, only what calls a program of ours is.
fn check(page: &Page, known: &Known) -> (usize, Vec<String>) {
    let (mut count, mut problems) = (0, Vec::new());
    let mut note = |wrong: Vec<String>| {
        count += 1;
        problems.extend(
            wrong
                .into_iter()
                .map(|wrong| format!("{}: {wrong}", page.path)),
        );
    };
    for block in &page.blocks {
        match block.language.as_str() {
            "sh" | "bash" => {
                for call in calls(&block.text) {
                    note(known.wrong(&call));
                }
            }
            "text" | "console" => {
                for line in block.text.lines() {
                    let line = line.strip_prefix("$ ").unwrap_or(line);
                    for call in typed(line) {
                        if let Some(wrong) = known.ours(&call) {
                            note(wrong);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    for code in &page.codes {
        for call in typed(code) {
            if let Some(wrong) = known.ours(&call) {
                note(wrong);
            }
        }
    }
    (count, problems)
}

/// The calls of a line that begins as a command of ours does. A path alone is a path.
fn typed(line: &str) -> Vec<Call> {
    let ours = [
        "spindrift ",
        "target/release/spindrift ",
        "target/dist/spindrift ",
        "make ",
        "scripts/",
        "infra/",
        ".github/",
    ];
    let path_alone = line.contains('/') && !line.contains(' ');
    let pattern = line.contains(['<', '>', '{', '*', '…']);
    if path_alone || pattern || !ours.iter().any(|start| line.starts_with(start)) {
        return Vec::new();
    }
    calls(line)
}

#[test]
fn every_command_in_the_documents_exists() -> Result<()> {
    let known = Known::read()?;
    let checked: Vec<_> = pages()?.iter().map(|page| check(page, &known)).collect();
    let count: usize = checked.iter().map(|(count, _)| count).sum();
    anyhow::ensure!(count > 150, "{count} commands alone were found");
    let problems: Vec<String> = checked
        .into_iter()
        .flat_map(|(_, problems)| problems)
        .collect();
    none(&problems)
}

#[test]
fn commands_that_do_not_exist_are_found() -> Result<()> {
    let known = Known::read()?;
    let page = Page::parse(
        "a.md",
        "```sh\nspindrift deploy --profil x\nspindrift explode\nspindrift dlq reply 1\nmake tea\n\
         scripts/nothing\nscripts/lib/say.sh\nkubectl gets pods\nterraform -chdir=x aply\nkubctl get pods\n\
         spindrift deploy --profile production --wait=10m\nmake up LISTEN=x\nkubectl -n todo get pods\n```\n\
         ```text\nspindrift status --forse\n```\n`make coffee`, `spindrift relay --to x`, `scripts/registry`, `infra/platform/apply productive --only gate`",
    );
    let (count, problems) = check(&page, &known);
    assert_eq!(count, 16);
    assert_eq!(
        problems,
        [
            "a.md: `spindrift deploy` has no flag --profil",
            "a.md: `spindrift explode` is unknown",
            "a.md: `spindrift dlq reply` is unknown",
            "a.md: `make tea` is unknown",
            "a.md: scripts/nothing is not there",
            "a.md: scripts/lib/say.sh cannot be run",
            "a.md: kubectl has no command `gets pods` that tests/infra/tests/docs/tools.rs knows",
            "a.md: terraform has no command `aply` that tests/infra/tests/docs/tools.rs knows",
            "a.md: kubctl is no program that tests/infra/tests/docs/tools.rs knows",
            "a.md: `spindrift status` has no flag --forse",
            "a.md: `make coffee` is unknown",
            "a.md: `spindrift relay` has no flag --to",
            "a.md: infra/platform/apply has no profile productive",
            "a.md: infra/platform/apply has no step gate",
        ]
    );
    Ok(())
}

#[test]
fn a_flag_or_command_that_is_renamed_is_missed() -> Result<()> {
    let page = Page::parse("a.md", "`spindrift deploy --wait 10m`, `spindrift promote`");
    let mut known = Known::read()?;
    assert_eq!(check(&page, &known), (2, Vec::new()));
    let renamed = source()?
        .replace(
            "pub(crate) wait: Option<Duration>",
            "pub(crate) patience: Option<Duration>",
        )
        .replace("Promote(PromoteArgs)", "Advance(PromoteArgs)");
    known.program = Program::parse(&renamed);
    let (_, problems) = check(&page, &known);
    assert_eq!(
        problems,
        [
            "a.md: `spindrift deploy` has no flag --wait",
            "a.md: `spindrift promote` is unknown",
        ]
    );
    Ok(())
}
