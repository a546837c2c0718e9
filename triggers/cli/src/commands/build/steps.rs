//! Which commands build an application, in order.

use std::path::Path;

use spindrift_manifest::Build;

/// A command, and the components that it builds.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) components: Vec<&'a str>,
    pub(super) workdir: &'a Path,
    command: Command<'a>,
}

#[derive(Debug, PartialEq)]
enum Command<'a> {
    /// `cargo build` of one package or more: its other words, and the packages.
    Cargo(Vec<&'a str>, Vec<&'a str>),
    /// What the shell is given as it stands.
    Other(&'a str),
}

/// The steps of components, each by its id: every command once in a folder, however
/// many components name it, and calls of cargo that differ only in their package as
/// one, because cargo links the packages of one call side by side.
pub(super) fn steps<'a>(builds: impl IntoIterator<Item = (&'a str, &'a Build)>) -> Vec<Step<'a>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for (component, build) in builds {
        for command in &build.commands {
            let step = Step {
                components: vec![component],
                workdir: &build.workdir,
                command: Command::of(command),
            };
            let done = steps.iter().any(|known| known.covers(&step));
            if !done && !steps.last_mut().is_some_and(|last| last.take_in(&step)) {
                steps.push(step);
            }
        }
    }
    steps
}

impl Step<'_> {
    /// What to give the shell.
    pub(super) fn command(&self) -> String {
        match &self.command {
            Command::Other(command) => (*command).to_owned(),
            Command::Cargo(words, packages) => {
                let packages = packages.iter().flat_map(|package| ["-p", package]);
                let words: Vec<_> = words.iter().copied().chain(packages).collect();
                words.join(" ")
            }
        }
    }

    /// Whether it does all that `other` does.
    fn covers(&self, other: &Self) -> bool {
        if self.workdir != other.workdir {
            return false;
        }
        match (&self.command, &other.command) {
            (Command::Cargo(words, packages), Command::Cargo(same, wanted)) => {
                words == same && wanted.iter().all(|package| packages.contains(package))
            }
            (command, other) => command == other,
        }
    }
}

impl<'a> Step<'a> {
    /// Does the work of `other`, the next step, as well, if that can be.
    fn take_in(&mut self, other: &Step<'a>) -> bool {
        match (&mut self.command, &other.command) {
            (Command::Cargo(words, packages), Command::Cargo(same, more))
                if words == same && self.workdir == other.workdir =>
            {
                packages.extend(more);
                self.components.extend(&other.components);
                true
            }
            _ => false,
        }
    }
}

impl<'a> Command<'a> {
    /// Takes a call of `cargo build` apart that names one package and has nothing in
    /// it that means something to the shell.
    fn of(command: &'a str) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || " -_./=,:+@".contains(c);
        let mut words: Vec<_> = command.split_whitespace().collect();
        let mut flags = (0..words.len()).filter(|&at| ["-p", "--package"].contains(&words[at]));
        match (flags.next(), flags.next()) {
            (Some(flag), None)
                if words.starts_with(&["cargo", "build"])
                    && flag + 1 < words.len()
                    && command.chars().all(plain) =>
            {
                let package = words.drain(flag..flag + 2).nth(1).into_iter().collect();
                Self::Cargo(words, package)
            }
            _ => Self::Other(command),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use spindrift_manifest::Build;

    use super::steps;

    fn build(workdir: &str, commands: &[&str]) -> Build {
        Build {
            commands: commands.iter().map(|&command| command.into()).collect(),
            workdir: PathBuf::from(workdir),
            watch: Vec::new(),
        }
    }

    /// What is run for components `a`, `b` and so on, and for whom.
    fn run(builds: &[Build]) -> Vec<(String, String)> {
        steps(["a", "b", "c", "d"].into_iter().zip(builds))
            .iter()
            .map(|step| (step.components.concat(), step.command()))
            .collect()
    }

    fn is(components: &str, command: &str) -> (String, String) {
        (components.into(), command.into())
    }

    #[test]
    fn packages_of_one_workspace_go_in_one_call() {
        let builds = [
            build(".", &["cargo build --release -p one"]),
            build(".", &["cargo build --package two --release"]),
            build(".", &["cargo build --release -p one"]),
        ];
        assert_eq!(
            run(&builds),
            [is("ab", "cargo build --release -p one -p two")]
        );
    }

    #[test]
    fn what_else_differs_or_lies_between_keeps_calls_apart() {
        for second in [
            build("sub", &["cargo build -p two"]),
            build(".", &["cargo build --release -p two"]),
            build(".", &["./generate", "cargo build -p two"]),
            build(".", &["cargo build -p two && strip two"]),
            build(".", &["cargo build -p \"$TWO\""]),
            build(".", &["cargo build -p two -p three"]),
            build(".", &["cargo build -p"]),
            build(".", &["cargo test -p two"]),
        ] {
            let last = second.commands.last().cloned().unwrap();
            let run = run(&[build(".", &["cargo build -p one"]), second]);
            assert_eq!(run.first(), Some(&is("a", "cargo build -p one")));
            assert_eq!(run.last(), Some(&is("b", &last)));
        }
    }

    #[test]
    fn a_command_runs_once_in_a_folder() {
        let builds = [
            build(".", &["make", "npm install"]),
            build(".", &["make"]),
            build("sub", &["make"]),
        ];
        assert_eq!(
            run(&builds),
            [is("a", "make"), is("a", "npm install"), is("c", "make")]
        );
    }
}
