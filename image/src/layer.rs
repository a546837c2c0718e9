//! Layers: files in a tar archive, compressed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

use crate::blob::Blob;
use crate::digest::Digest;
use crate::error::Error;

/// The media type of a layer.
const TAR_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A layer of an image.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The compressed archive.
    pub blob: Blob,
    /// The digest of the archive before it was compressed.
    pub diff_id: Digest,
}

/// What a layer will hold, by path without the leading `/`. The order of the paths is
/// the order in the archive: a folder comes before what is in it.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, Entry>);

#[derive(Debug)]
struct Entry {
    content: Content,
    mode: u32,
    owner: u64,
}

#[derive(Debug)]
enum Content {
    Folder,
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Tree {
    /// A folder. Its parents need not be added.
    pub(crate) fn folder(&mut self, path: &str, mode: u32, owner: u64) {
        let content = Content::Folder;
        self.0.insert(
            path.to_owned(),
            Entry {
                content,
                mode,
                owner,
            },
        );
    }

    /// A file that is made up.
    pub(crate) fn bytes(&mut self, path: &str, bytes: impl Into<Vec<u8>>, mode: u32) {
        self.insert(path, Content::Bytes(bytes.into()), mode);
    }

    /// A file of this machine.
    ///
    /// # Errors
    ///
    /// Another file has the path already.
    pub(crate) fn file(&mut self, path: &str, source: &Path, mode: u32) -> Result<(), Error> {
        match self.0.get(path).map(|entry| &entry.content) {
            Some(Content::File(there)) if there != source => Err(Error::Taken {
                path: path.to_owned(),
                first: there.clone(),
                second: source.to_owned(),
            }),
            _ => {
                self.insert(path, Content::File(source.to_owned()), mode);
                Ok(())
            }
        }
    }

    /// Whether a file or folder has the path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn insert(&mut self, path: &str, content: Content, mode: u32) {
        for (at, _) in path.match_indices('/') {
            if !self.has(&path[..at]) {
                self.folder(&path[..at], 0o755, 0);
            }
        }
        let entry = Entry {
            content,
            mode,
            owner: 0,
        };
        self.0.insert(path.to_owned(), entry);
    }

    /// Writes the layer. Every file is as old as `mtime`, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub(crate) fn pack(&self, mtime: u64) -> Result<Layer, Error> {
        // The header of gzip tells no time and no system.
        let gzip = GzBuilder::new()
            .mtime(0)
            .operating_system(255)
            .write(Vec::new(), Compression::new(6));
        let mut archive = tar::Builder::new(Hashing {
            hash: Sha256::new(),
            inner: gzip,
        });
        for (path, entry) in &self.0 {
            entry.append(&mut archive, path, mtime)?;
        }
        let packed = |e: io::Error| Error::read("pack", Path::new("a layer"), e);
        let written = archive.into_inner().map_err(packed)?;
        let bytes = written.inner.finish().map_err(packed)?;
        Ok(Layer {
            blob: Blob::new(TAR_GZIP, bytes),
            diff_id: Digest::finish(written.hash),
        })
    }
}

impl Entry {
    fn append(
        &self,
        archive: &mut tar::Builder<impl Write>,
        path: &str,
        mtime: u64,
    ) -> Result<(), Error> {
        let mut header = Header::new_gnu();
        header.set_mtime(mtime);
        header.set_mode(self.mode);
        header.set_uid(self.owner);
        header.set_gid(self.owner);
        let (name, bytes) = match &self.content {
            Content::Folder => {
                header.set_entry_type(EntryType::Directory);
                (format!("{path}/"), Vec::new())
            }
            Content::Bytes(bytes) => (path.to_owned(), bytes.clone()),
            Content::File(source) => {
                let bytes = fs::read(source).map_err(|e| Error::read("read", source, e))?;
                (path.to_owned(), bytes)
            }
        };
        header.set_size(bytes.len() as u64);
        archive
            .append_data(&mut header, name, bytes.as_slice())
            .map_err(|e| Error::read("pack", Path::new(path), e))
    }
}

/// Hashes what passes through.
struct Hashing<W> {
    hash: Sha256,
    inner: W,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
