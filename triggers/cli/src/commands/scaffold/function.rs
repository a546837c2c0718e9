//! The files of a function.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::args::{FunctionArgs, Template};

/// The line of the SDK that functions are made with.
const SDK: &str = "7";

/// A function that is to be written.
pub(super) struct Function<'a> {
    name: &'a str,
    template: Template,
}

impl<'a> Function<'a> {
    pub(super) fn new(args: &'a FunctionArgs) -> Self {
        Self {
            name: &args.name,
            template: args.template,
        }
    }

    /// Its trigger and its component, as a manifest has them in whose folder the crate
    /// is, or in that folder's folder `within`.
    pub(super) fn manifest(&self, within: Option<&str>) -> String {
        let Self { name, .. } = self;
        let wasm = name.replace('-', "_");
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
        format!(
            "{trigger}component = \"{name}\"\n\n\
             [component.{name}]\n\
             source = \"{prefix}target/wasm32-wasip2/release/{wasm}.wasm\"\n\
             # What it may reach, such as \"https://api.example.com\".\n\
             allowed_outbound_hosts = []\n\n\
             [component.{name}.build]\n\
             command = \"cargo build --target wasm32-wasip2 --release\"\n\
             {workdir}\
             watch = [\"src/**/*.rs\", \"Cargo.toml\"]\n"
        )
    }

    /// Writes the crate into a folder that is not there, or is empty.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        refuse_what_is_there(folder)?;
        let code = match self.template {
            Template::Http => include_str!("templates/http.rs"),
            Template::Kafka => include_str!("templates/kafka.rs"),
            Template::Cron => include_str!("templates/cron.rs"),
        };
        write(&folder.join("src/lib.rs"), code)?;
        write(&folder.join("Cargo.toml"), &self.package())?;
        write(&folder.join(".gitignore"), "/target\n/.spindrift\n/.spin\n")
    }

    fn package(&self) -> String {
        format!(
            "[package]\n\
             name = \"{}\"\n\
             version = \"0.1.0\"\n\
             edition = \"2024\"\n\n\
             [lib]\n\
             crate-type = [\"cdylib\"]\n\n\
             [dependencies]\n\
             spin-sdk = \"{SDK}\"\n\n\
             # No part of a workspace further up.\n\
             [workspace]\n",
            self.name
        )
    }
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
