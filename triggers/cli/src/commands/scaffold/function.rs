//! A function that is not there yet: what the manifest says of it, and its files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::kit::Kit;
use crate::args::{FunctionArgs, Template};

/// A function that is to be written.
pub(super) struct Function<'a> {
    name: &'a str,
    template: Template,
    kit: Kit,
}

impl<'a> Function<'a> {
    pub(super) fn new(args: &'a FunctionArgs) -> Self {
        Self {
            name: &args.name,
            template: args.template,
            kit: Kit::of(args.language, args.template, &args.name),
        }
    }

    /// What building it takes, where that is something else than Rust.
    pub(super) fn needs(&self) -> Option<&'static str> {
        self.kit.needs
    }

    /// Its trigger and its component, as a manifest has them in whose folder its files
    /// are, or in that folder's folder `within`.
    pub(super) fn manifest(&self, within: Option<&str>) -> String {
        let Self { name, kit, .. } = self;
        let (prefix, workdir) = match within {
            None => (String::new(), String::new()),
            Some(folder) => (format!("{folder}/"), format!("workdir = \"{folder}\"\n")),
        };
        let trigger = match (self.template, within) {
            (Template::Http, None) => "[[trigger.http]]\nroute = \"/...\"\n".to_owned(),
            (Template::Http, Some(_)) => format!("[[trigger.http]]\nroute = \"/{name}/...\"\n"),
            (Template::Kafka, _) => {
                "[[trigger.kafka]]\ntopic = \"events\" # the topic that its events are in\n"
                    .to_owned()
            }
            (Template::Cron, _) => {
                "[[trigger.cron]]\nschedule = \"*/5 * * * *\" # every five minutes\n".to_owned()
            }
        };
        let source = &kit.source;
        let command = match kit.commands {
            [command] => format!("\"{command}\""),
            commands => format!("[\n    {},\n]", quoted(commands, ",\n    ")),
        };
        let watch = quoted(kit.watch, ", ");
        let limits = kit.limits.map_or_else(String::new, |limits| {
            format!("\n[component.{name}.tool.spindrift.limits]\n{limits}")
        });
        format!(
            "{trigger}component = \"{name}\"\n\n\
             [component.{name}]\n\
             source = \"{prefix}{source}\"\n\
             # What it may reach, such as \"https://api.example.com\".\n\
             allowed_outbound_hosts = []\n\n\
             [component.{name}.build]\n\
             command = {command}\n\
             {workdir}\
             watch = [{watch}]\n\
             {limits}"
        )
    }

    /// Writes its files into a folder that is not there, or is empty.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        refuse_what_is_there(folder)?;
        for (path, text) in &self.kit.files {
            write(&folder.join(path), text)?;
        }
        Ok(())
    }
}

/// Texts in quotation marks. None has any in it.
fn quoted(texts: &[&str], between: &str) -> String {
    let texts: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    texts.join(between)
}

fn refuse_what_is_there(folder: &Path) -> Result<()> {
    let is_free = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !folder.exists(),
    };
    if !is_free {
        bail!(
            "{} is there already: choose another name, or remove it",
            folder.display()
        );
    }
    Ok(())
}

pub(super) fn write(path: &PathBuf, text: &str) -> Result<()> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, text))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use serde_json::Value;
    use spindrift_manifest::{App, Checks, Limits, load};
    use toml_edit::DocumentMut;

    use super::*;
    use crate::args::Language;

    /// An application of one function in each language, and its folder.
    fn application(template: Template) -> (tempfile::TempDir, App) {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = "spin_manifest_version = 2\n[application]\nname = \"x\"\n\n".to_owned();
        for language in Language::value_variants() {
            let args = FunctionArgs {
                name: format!("in-{language:?}").to_lowercase(),
                template,
                language: *language,
            };
            let function = Function::new(&args);
            function.write(&folder.path().join(&args.name)).unwrap();
            manifest.push_str(&function.manifest(Some(&args.name)));
            manifest.push('\n');
        }
        fs::write(folder.path().join("spin.toml"), manifest).unwrap();
        let app = load(folder.path(), &Checks::default()).unwrap();
        (folder, app)
    }

    #[test]
    fn every_template_is_whole_in_every_language() {
        for template in Template::value_variants() {
            let (folder, app) = application(*template);
            assert_eq!(app.components.len(), Language::value_variants().len());
            for (name, component) in &app.components {
                let within = folder.path().join(name);
                assert!(component.source.starts_with(&within), "{name}");
                let build = component.build.as_ref().unwrap();
                assert_eq!(build.workdir, within, "{name}");
                // What is watched is there: the code, and what says how it is built.
                assert!(build.watched().len() >= 2, "{name}: {:?}", build.watched());
                // What is built is not kept with the code.
                let source = component.source.strip_prefix(&within).unwrap();
                let first = source.iter().next().unwrap().to_string_lossy();
                let ignored = fs::read_to_string(within.join(".gitignore")).unwrap();
                assert!(
                    ignored.lines().any(|line| line == format!("/{first}")),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn an_instance_is_kept_for_as_long_as_its_language_can_be() {
        let (_folder, app) = application(Template::Http);
        let limits = |name: &str| &app.components[name].settings.limits;
        assert_eq!(limits("in-rust"), &Limits::default());
        assert_eq!(limits("in-python").retire_memory, Some(96 << 20));
        assert_eq!(limits("in-typescript").reuse, Some(1));
    }

    #[test]
    fn packages_are_of_exact_versions_and_called_as_the_function() {
        let (folder, _app) = application(Template::Http);
        let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
        let package: Value = serde_json::from_str(&read("in-typescript/package.json")).unwrap();
        assert_eq!(package["name"], "in-typescript");
        for kind in ["dependencies", "devDependencies"] {
            for (name, version) in package[kind].as_object().unwrap() {
                let version = version.as_str().unwrap();
                assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{name}");
            }
        }
        _ = serde_json::from_str::<Value>(&read("in-typescript/tsconfig.json")).unwrap();
        for line in read("in-python/requirements.txt").lines() {
            assert!(line.contains("=="), "{line}");
        }
        let package: DocumentMut = read("in-rust/Cargo.toml").parse().unwrap();
        assert_eq!(package["package"]["name"].as_str(), Some("in-rust"));
    }
}
