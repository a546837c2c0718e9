//! One broker's process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::jars;
use crate::options::Options;

/// A folder with a configuration, data and a log, and the process when it runs.
#[derive(Debug)]
pub(crate) struct Broker {
    folder: PathBuf,
    lasting: bool,
    process: Option<Child>,
}

impl Broker {
    /// Writes the configuration into a new folder and formats the data folder.
    pub(crate) fn prepare(folder: &Path, options: &Options, text: &str, id: &str) -> Result<Self> {
        fs::create_dir(folder)?;
        fs::write(folder.join("server.properties"), text)?;
        let broker = Self {
            folder: folder.to_owned(),
            lasting: options.lasting,
            process: None,
        };
        let mut format = broker.java("kafka.tools.StorageTool", "format.log")?;
        format.args([
            "format",
            "--cluster-id",
            id,
            "--config",
            "server.properties",
        ]);
        if let Some((user, password)) = &options.sasl {
            for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
                let user = format!("{mechanism}=[name={user},password={password}]");
                format.args(["--add-scram", &user]);
            }
        }
        let formatted = format.status().context("cannot run java")?;
        ensure!(
            formatted.success(),
            "formatting failed:\n{}",
            broker.log("format.log")
        );
        Ok(broker)
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        if self.process.is_none() {
            let process = self
                .java("kafka.Kafka", "broker.log")?
                .arg("server.properties")
                .spawn()?;
            // For the guard, which ends what this process left running.
            fs::write(self.folder.join("pid"), process.id().to_string())?;
            self.process = Some(process);
        }
        Ok(())
    }

    /// Whether it was started, and not killed.
    pub(crate) fn runs(&self) -> bool {
        self.process.is_some()
    }

    /// As `kill -9`. Nothing is flushed.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // When it is gone already, that is what was wanted.
            _ = process.kill();
            _ = process.wait();
            _ = fs::remove_file(self.folder.join("pid"));
        }
    }

    /// Fails when the process has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        let ended = self
            .process
            .as_mut()
            .map(Child::try_wait)
            .transpose()?
            .flatten();
        ensure!(
            ended.is_none(),
            "the broker has ended:\n{}",
            self.log("broker.log")
        );
        Ok(())
    }

    fn java(&self, class: &str, log: &str) -> Result<Command> {
        let log = File::create(self.folder.join(log))?;
        let mut java = Command::new("java");
        java.args(["-Xmx256m", "-XX:+UseSerialGC"]);
        if !self.lasting {
            java.arg("-XX:TieredStopAtLevel=1");
        }
        java.arg("-cp")
            .arg(jars::folder()?.join("*"))
            .arg(class)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(java)
    }

    /// The last lines of a log.
    fn log(&self, name: &str) -> String {
        let text = fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}
