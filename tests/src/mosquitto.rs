//! Mosquitto, an MQTT broker.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use spindrift_database::account;
use tempfile::TempDir;

use crate::certified::Certified;
use crate::guard::Guard;
use crate::run_folder::scratch;
use crate::servers::{find, free_port};
use crate::wait::until;

/// A broker that is open to one name. It ends when this is dropped.
#[derive(Debug)]
pub struct Mosquitto {
    /// `host:port`.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whom it is open to.
    pub name: &'static str,
    /// With this password.
    pub password: &'static str,
    child: Child,
    guard: Guard,
    log: PathBuf,
    _folder: TempDir,
}

impl Mosquitto {
    /// Starts one; none where it is not installed.
    ///
    /// # Errors
    /// It fails.
    pub async fn start() -> Result<Option<Self>> {
        Self::with(None).await
    }

    /// Starts one that speaks nothing but TLS, with this certificate.
    ///
    /// # Errors
    /// It fails.
    pub async fn secure(certified: &Certified) -> Result<Option<Self>> {
        Self::with(Some(certified)).await
    }

    async fn with(tls: Option<&Certified>) -> Result<Option<Self>> {
        let (Some(server), Some(passwords)) = (find("mosquitto"), find("mosquitto_passwd")) else {
            return Ok(None);
        };
        let (name, password) = ("probe", "correct-horse-battery");
        let (folder, port) = (scratch()?, free_port()?);
        let file = folder.path().join("passwords");
        let made = Command::new(passwords)
            .args(["-b", "-c"])
            .arg(&file)
            .args([name, password])
            .stdin(Stdio::null())
            .output()
            .context("cannot run mosquitto_passwd")?;
        ensure!(
            made.status.success(),
            "mosquitto_passwd: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        // The broker reads it as whom it runs as. The folder above is not listed to others.
        fs::set_permissions(&file, Permissions::from_mode(0o644))?;
        let mut settings = format!(
            "listener {port} 127.0.0.1\n\
             allow_anonymous false\n\
             password_file {}\n\
             persistence false\n\
             log_dest stderr\n",
            file.display()
        );
        if let Some(tls) = tls {
            settings.push_str(&format!(
                "certfile {}\nkeyfile {}\n",
                tls.certificate.display(),
                tls.key.display()
            ));
        }
        if let Some(account) = account::unprivileged()? {
            settings.push_str(&format!("user {}\n", account.name));
        }
        let config = folder.path().join("mosquitto.conf");
        fs::write(&config, settings)?;
        let log = folder.path().join("log");
        let child = Command::new(server)
            .arg("-c")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .context("cannot start mosquitto")?;
        let guard = Guard::start("kill -KILL $1", [child.id().to_string()])?;
        let mut broker = Self {
            host: format!("127.0.0.1:{port}"),
            port,
            name,
            password,
            child,
            guard,
            log,
            _folder: folder,
        };
        broker.ready().await?;
        Ok(Some(broker))
    }

    async fn ready(&mut self) -> Result<()> {
        let (child, log) = (&mut self.child, &self.log);
        let ready = until("mosquitto to start", async || {
            let said = fs::read_to_string(log).unwrap_or_default();
            if said.contains("running") {
                return Some(true);
            }
            matches!(child.try_wait(), Ok(Some(_))).then_some(false)
        })
        .await?;
        if !ready {
            bail!("mosquitto: {}", self.log());
        }
        Ok(())
    }

    /// What it has said.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
        self.guard.dismiss();
    }
}
