//! The first layer: the program, and what it needs to run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::elf;
use crate::error::Error;
use crate::layer::Tree;
use crate::libraries::Libraries;
use crate::platform::Platform;

/// Where the program is.
pub(crate) const PROGRAM: &str = "spindrift";
/// Who it runs as: nobody of this machine's, and not root.
pub(crate) const USER: u64 = 65532;

/// Where certificates of authorities lie on Debian, Fedora and Alpine, and where the
/// program looks for them.
const CERTIFICATES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// A layer's files, and what of this machine is among them.
pub(crate) struct Base {
    pub(crate) platform: Platform,
    pub(crate) tree: Tree,
    /// Of the program, as it is in the image.
    pub(crate) digest: Digest,
    /// The loader and the libraries.
    pub(crate) libraries: Vec<PathBuf>,
}

/// What the program at `binary` needs.
///
/// # Errors
///
/// It is no program for Linux, or a library of its is missing here.
pub(crate) fn base(binary: &Path, progress: &dyn Fn(&str)) -> Result<Base, Error> {
    let libraries = Libraries::of(binary)?;
    let mut tree = Tree::default();
    let whole = fs::read(binary).map_err(|e| Error::read("read", binary, e))?;
    let program = elf::stripped(binary, &whole)?;
    let digest = Digest::of(&program);
    tree.bytes(PROGRAM, program, 0o755);
    for (path, file) in &libraries.files {
        tree.file(path, file, 0o755)?;
    }
    match CERTIFICATES
        .iter()
        .map(Path::new)
        .find(|file| file.is_file())
    {
        Some(file) => tree.file(CERTIFICATES[0].trim_start_matches('/'), file, 0o644)?,
        None => progress(
            "this machine has no certificates of authorities (Debian: ca-certificates), so the image has none: \
             it reaches no broker by TLS that a public authority vouches for",
        ),
    }
    tree.bytes(
        "etc/passwd",
        format!(
            "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/app:/sbin/nologin\n"
        ),
        0o644,
    );
    tree.bytes(
        "etc/group",
        format!("root:x:0:\nnonroot:x:{USER}:\n"),
        0o644,
    );
    // Without it, glibc asks DNS for localhost.
    tree.bytes("etc/nsswitch.conf", "hosts: files dns\n", 0o644);
    tree.folder("tmp", 0o1777, 0);
    Ok(Base {
        platform: Platform::linux(libraries.architecture),
        tree,
        digest,
        libraries: libraries.files.into_values().collect(),
    })
}
