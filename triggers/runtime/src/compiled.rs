//! Components compiled ahead of time, kept in a folder by what they are made of.
//!
//! A file's name is the SHA-256 of the component and of everything that decides
//! what the compiler makes of it (the engine's version, target and settings), so
//! a component is compiled again exactly when it or the engine changed. Code for
//! this machine and code for any of its kind lie side by side. Beside
//! each lies a note with the digest of the compiled code, written last: a file cut
//! short by a crash is never loaded. What else is to be known of a component and is
//! found by looking through it is in the note, too.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use spindrift_manifest::Component as Declared;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;
use crate::reads::Reads;

/// The folder of compiled components.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// What an engine makes of components, in short: the same for two engines that make
/// the same.
pub(crate) struct Key([u8; 32]);

impl Key {
    /// The key of what an engine compiles.
    pub(crate) fn of(engine: &Engine) -> Self {
        let mut hash = HashBytes(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hash);
        Self(hash.0.finalize().into())
    }
}

/// A component's bytes and where its compiled code belongs.
pub(crate) struct Entry {
    wasm: Vec<u8>,
    /// SHA-256 of `wasm`.
    content: [u8; 32],
    folder: PathBuf,
}

/// Where one component's code for one key lies.
pub(crate) struct Place {
    pub(crate) code: PathBuf,
    pub(crate) note: PathBuf,
}

/// A component that can be instantiated, and what is known of it.
pub(crate) struct Loaded {
    pub(crate) code: Component,
    pub(crate) reads: Reads,
}

/// What is known of compiled code.
struct Note {
    /// SHA-256 of the code, in hexadecimal digits.
    digest: String,
    reads: Reads,
}

impl Note {
    fn write(&self) -> String {
        format!("{}\n{}\n", self.digest, self.reads.words())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        Some(Self {
            digest: lines.next()?.to_owned(),
            reads: Reads::parse(lines.next()?),
        })
    }
}

impl Cache {
    /// The cache in a state folder.
    pub(crate) fn in_state(state: &Path) -> Self {
        Self {
            folder: state.join("compiled"),
        }
    }

    /// Reads a component's file.
    pub(crate) fn entry(&self, component: &Declared) -> Result<Entry, LoadError> {
        let wasm = fs::read(&component.source).map_err(|source| LoadError::Source {
            component: component.id.clone(),
            path: component.source.clone(),
            source,
        })?;
        Ok(Entry {
            content: Sha256::digest(&wasm).into(),
            wasm,
            folder: self.folder.clone(),
        })
    }

    /// Makes the folder, and refuses one that anybody may write to: what lies in
    /// it is run as code.
    pub(crate) fn prepare(&self) -> Result<(), LoadError> {
        fs::create_dir_all(&self.folder).map_err(|e| self.unusable(e.to_string()))?;
        self.check()
    }

    /// Refuses a folder that anybody may write to.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        use std::os::unix::fs::PermissionsExt;
        match fs::metadata(&self.folder) {
            Ok(meta) if meta.permissions().mode() & 0o002 != 0 => Err(self.unusable(
                "anybody may write to it, and what lies in it is run as code; `chmod o-w` it"
                    .into(),
            )),
            // An absent folder holds nothing: each component then says so.
            _ => Ok(()),
        }
    }

    fn unusable(&self, message: String) -> LoadError {
        LoadError::Cache {
            path: self.folder.clone(),
            message,
        }
    }
}

impl Place {
    /// Whether compiled code is there.
    pub(crate) fn is_compiled(&self) -> bool {
        self.note.is_file()
    }
}

impl Entry {
    /// Where the code belongs that is compiled under a key.
    pub(crate) fn place(&self, key: &Key) -> Place {
        let name = hex(&Sha256::new()
            .chain_update(key.0)
            .chain_update(self.content)
            .finalize());
        Place {
            code: self.folder.join(format!("{name}.cwasm")),
            note: self.folder.join(format!("{name}.note")),
        }
    }

    /// Compiles and stores.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        place: &Place,
        component: &Declared,
    ) -> Result<(), LoadError> {
        let cache = |message| LoadError::Cache {
            path: place.code.clone(),
            message,
        };
        // By threads that are gone afterwards, and with them what the allocator keeps for
        // each. Those that the compiler starts by itself never end: 20 MiB for good.
        let threads = rayon::ThreadPoolBuilder::new().build();
        let threads = threads.map_err(|e| cache(e.to_string()))?;
        let code = threads
            .install(|| engine.precompile_component(&self.wasm))
            .map_err(|e| invalid(component, &e))?;
        let note = Note {
            digest: hex(&Sha256::digest(&code)),
            reads: Reads::of(&self.wasm).map_err(|e| cache(e.to_string()))?,
        };
        store(&place.code, &code)
            .and_then(|()| store(&place.note, note.write().as_bytes()))
            .map_err(|e| cache(e.to_string()))
    }

    /// Loads what was compiled under one of the keys, the first that is there. `None`
    /// when all are absent or not what was stored.
    pub(crate) fn load(
        &self,
        engine: &Engine,
        keys: &[Key],
        component: &Declared,
    ) -> Result<Option<Loaded>, LoadError> {
        for place in keys.iter().map(|key| self.place(key)) {
            let (Ok(code), Ok(note)) = (fs::read(&place.code), fs::read_to_string(&place.note))
            else {
                continue;
            };
            let Some(Note { digest, reads }) = Note::parse(&note) else {
                continue;
            };
            if hex(&Sha256::digest(&code)) == digest {
                let code = deserialize(engine, &place.code).map_err(|e| invalid(component, &e))?;
                return Ok(Some(Loaded { code, reads }));
            }
        }
        Ok(None)
    }
}

/// The one place where bytes become code without being compiled.
#[expect(
    unsafe_code,
    reason = "wasmtime cannot check compiled code; this file's digest is the one stored when this program wrote it, in a folder that others may not write to"
)]
fn deserialize(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: `path` holds what `Entry::compile` wrote: its digest was just
    // compared, and the engine checks version and settings itself.
    unsafe { Component::deserialize_file(engine, path) }
}

/// The engine's own words for what is wrong with a component, causes included.
pub(crate) fn invalid(component: &Declared, error: &wasmtime::Error) -> LoadError {
    LoadError::Invalid {
        component: component.id.clone(),
        path: component.source.clone(),
        message: format!("{error:#}"),
    }
}

/// By how much at a time code is written. Linux keeps what is written at once together,
/// and maps all of that where any of it is run (6.18): of code written as a whole, a
/// process would seem to hold each megabyte that it ever called a function in.
const PIECE: usize = 16 << 10;

/// Writes a file so that it is either whole or absent, whenever the power goes.
fn store(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = path.with_extension(format!("partial-{}", std::process::id()));
    let mut file = File::create(&partial)?;
    for piece in bytes.chunks(PIECE) {
        file.write_all(piece)?;
    }
    file.sync_all()?;
    fs::rename(&partial, path)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string does not fail.
            _ = write!(text, "{byte:02x}");
            text
        })
}

/// Feeds what `Hash` gives to SHA-256: `Hasher` itself ends in 64 bits, too few
/// for a name that decides which code runs.
struct HashBytes(Sha256);

impl Hasher for HashBytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}
