//! The commands and flags of `spindrift`, read from where they are declared, so that one
//! that is renamed there is missed in every page at once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use spindrift_test_infra::{repository, text};

/// What each command takes: `deploy`, `dlq`, `dlq replay`, ... and their flags.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) commands: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Declared {
    /// Structs: the flags of each, and the structs that it takes in.
    structs: BTreeMap<String, (BTreeSet<String>, Vec<String>)>,
    /// Enums of commands: each command's name and struct.
    enums: BTreeMap<String, Vec<(String, String)>>,
}

impl Program {
    pub(crate) fn read() -> Result<Self> {
        Ok(Self::parse(&source()?))
    }

    pub(crate) fn parse(source: &str) -> Self {
        let declared = declarations(source);
        let mut commands = BTreeMap::new();
        declared.add("Command", "", &BTreeSet::new(), &mut commands);
        Self { commands }
    }
}

/// The text of everything that declares arguments.
pub(crate) fn source() -> Result<String> {
    let mut source = String::new();
    let pattern = repository().join("triggers/cli/src/args/*.rs");
    for path in glob::glob(&pattern.to_string_lossy())? {
        let path = path?;
        let name = path.file_name().context("a file")?.to_string_lossy();
        source.push_str(&text(&format!("triggers/cli/src/args/{name}"))?);
    }
    Ok(source)
}

impl Declared {
    fn flags(&self, name: &str) -> BTreeSet<String> {
        let Some((own, taken)) = self.structs.get(name) else {
            return BTreeSet::new();
        };
        let more = taken.iter().flat_map(|name| self.flags(name));
        own.iter().cloned().chain(more).collect()
    }

    fn add(
        &self,
        of: &str,
        above: &str,
        inherited: &BTreeSet<String>,
        commands: &mut BTreeMap<String, BTreeSet<String>>,
    ) {
        for (name, arguments) in self.enums.get(of).into_iter().flatten() {
            let path = format!("{above} {name}").trim().to_owned();
            let mut flags = self.flags(arguments);
            flags.extend(inherited.iter().cloned());
            // `DlqArgs` has its commands in `DlqCommand`.
            let below = arguments.replace("Args", "Command");
            self.add(&below, &path, &flags, commands);
            _ = commands.insert(path, flags);
        }
    }
}

/// The structs and enums of clap's derive macros, as rustfmt lays them out.
fn declarations(source: &str) -> Declared {
    let mut declared = Declared::default();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let Some(item) = line
            .strip_prefix("pub(crate) ")
            .and_then(|l| l.strip_suffix(" {"))
        else {
            continue;
        };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "}").collect();
        if let Some(name) = item.strip_prefix("struct ") {
            _ = declared.structs.insert(name.to_owned(), fields(&body));
        } else if let Some(name) = item.strip_prefix("enum ") {
            let variants = body
                .iter()
                .filter_map(|line| line.trim().strip_suffix("),"));
            let variants = variants.filter_map(|variant| variant.split_once('('));
            let variants = variants.map(|(name, arguments)| (kebab(name), arguments.to_owned()));
            _ = declared.enums.insert(name.to_owned(), variants.collect());
        }
    }
    declared
}

/// The flags of a struct's fields, and what it flattens.
fn fields(body: &[&str]) -> (BTreeSet<String>, Vec<String>) {
    let (mut flags, mut taken) = (BTreeSet::new(), Vec::new());
    let mut attributes = String::new();
    for line in body.iter().map(|line| line.trim()) {
        let field = line.strip_prefix("pub(crate) ").unwrap_or(line);
        let Some((name, kind)) = field.split_once(": ").filter(|(name, _)| is_name(name)) else {
            if !line.starts_with("///") {
                attributes.push_str(line);
                attributes.push(' ');
            }
            continue;
        };
        if attributes.contains("flatten") {
            taken.push(kind.trim_end_matches(',').to_owned());
        } else {
            flags.extend(named(&attributes, name));
        }
        attributes.clear();
    }
    (flags, taken)
}

/// The flags that one field's attributes give it: `long`, `short`, and other names.
fn named(attributes: &str, field: &str) -> Vec<String> {
    let inside = attributes.replace("#[arg(", " ").replace(")]", " ");
    let words = inside.split([',', ' ']).map(str::trim);
    let mut flags = Vec::new();
    let mut words = words.filter(|word| !word.is_empty()).peekable();
    while let Some(word) = words.next() {
        let value = (words.peek() == Some(&"=")).then(|| words.nth(1)).flatten();
        let value = value.map(|value| value.trim_matches(['"', '\'']));
        match word {
            "long" => flags.push(format!(
                "--{}",
                value.map_or_else(|| kebab(field), str::to_owned)
            )),
            "short" => flags.push(format!("-{}", value.unwrap_or(&field[..1]))),
            "visible_alias" | "alias" => flags.push(format!("--{}", value.unwrap_or_default())),
            _ => {}
        }
    }
    flags
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
}

/// `DryRun` and `dry_run` as `dry-run`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(if c == '_' { '-' } else { c }.to_lowercase());
    }
    out
}

#[test]
fn commands_and_their_flags_are_read_from_the_source() -> Result<()> {
    let program = Program::read()?;
    let names: Vec<&str> = program.commands.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "add",
            "backup",
            "backup create",
            "backup list",
            "backup restore",
            "backup verify",
            "build",
            "completions",
            "delete",
            "deploy",
            "diff",
            "dlq",
            "dlq list",
            "dlq replay",
            "dlq show",
            "doctor",
            "edge",
            "events",
            "events tail",
            "logs",
            "man",
            "migrate",
            "new",
            "plugin",
            "plugin install",
            "plugin package",
            "promote",
            "relay",
            "render",
            "restore",
            "rollback",
            "serve",
            "smoke",
            "status",
            "trigger",
            "up",
            "watch",
        ]
    );
    let has = |command: &str, flag: &str| program.commands[command].contains(flag);
    for (command, flag) in [
        ("deploy", "--no-traffic"),
        ("deploy", "--wait"),
        ("deploy", "-p"),
        ("deploy", "--from"),
        ("build", "--image"),
        ("build", "-c"),
        ("serve", "--component"),
        ("serve", "--port"),
        ("dlq replay", "--type"),
        ("dlq replay", "--database-url"),
        ("relay", "--deliver"),
        ("backup", "--force"),
        ("backup create", "--keep-days"),
        ("backup verify", "--identity"),
        ("backup restore", "--database-url"),
    ] {
        assert!(
            has(command, flag),
            "{command} {flag}: {:?}",
            program.commands[command]
        );
    }
    assert!(!has("status", "--force") && !has("smoke", "--from"));
    Ok(())
}
