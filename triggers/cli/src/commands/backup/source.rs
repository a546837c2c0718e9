//! What is backed up: a database, or the file that `pg_dump` made of one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use spindrift_database::Dump;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// How every dump in `pg_dump`'s custom format begins.
pub(super) const MAGIC: &[u8; 5] = b"PGDMP";

/// Where a backup's bytes come from.
pub(super) enum Source {
    Dump(Dump),
    File(File, PathBuf),
}

impl Source {
    pub(super) async fn file(path: &Path) -> Result<Self> {
        let file = File::open(path).await;
        let file = file.with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::File(file, path.to_owned()))
    }

    /// Reads how a dump begins, so that what is none, or fails at once, begins no upload.
    pub(super) async fn begin(mut self) -> Result<Self> {
        let mut first = [0; MAGIC.len()];
        let read = match &mut self {
            Self::Dump(dump) => dump.output().read_exact(&mut first).await,
            Self::File(file, _) => file.read_exact(&mut first).await,
        };
        match read {
            Ok(_) => {}
            Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => {}
            Err(cause) => return Err(cause).context("cannot read what is backed up"),
        }
        if first == *MAGIC {
            return Ok(self);
        }
        match self {
            Self::Dump(dump) => {
                dump.finish().await?;
                bail!("pg_dump wrote nothing that is a dump")
            }
            Self::File(_, path) => bail!(
                "{} is no dump: it has to be a file that `pg_dump --format=custom` wrote",
                path.display()
            ),
        }
    }

    /// More of it; 0 at its end.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = match self {
            Self::Dump(dump) => dump.output().read(buffer).await,
            Self::File(file, _) => file.read(buffer).await,
        };
        read.context("cannot read what is backed up")
    }

    /// Whether that was all of it.
    pub(super) async fn finish(self) -> Result<()> {
        match self {
            Self::Dump(dump) => Ok(dump.finish().await?),
            Self::File(mut file, path) => {
                let left = file.read(&mut [0]).await?;
                ensure!(left == 0, "{} grows while it is read", path.display());
                Ok(())
            }
        }
    }
}
