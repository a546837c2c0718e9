//! Which package of the system a file is of, where Debian's package manager keeps its
//! books.
//!
//! Whoever looks for known holes goes by the package and its version: the bytes of a
//! library tell them nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// The books, and whose they are.
pub(crate) struct Packages {
    folder: PathBuf,
    /// `debian` and `12`, say.
    system: String,
    release: String,
    status: String,
}

/// A package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its name for everybody (Package URL).
    pub(crate) purl: String,
}

impl Packages {
    /// Those of the system under `root`. `None` where there are no such books.
    pub(crate) fn under(root: &Path) -> Option<Self> {
        let folder = root.join("var/lib/dpkg");
        let status = fs::read_to_string(folder.join("status")).ok()?;
        let release = fs::read_to_string(root.join("etc/os-release")).unwrap_or_default();
        let named = |key: &str| {
            let mut values = release.lines().filter_map(|line| line.strip_prefix(key));
            values
                .next()
                .map(|value| value.trim_matches('"').to_owned())
        };
        Some(Self {
            folder,
            system: named("ID=").unwrap_or_else(|| "debian".to_owned()),
            release: named("VERSION_ID=").unwrap_or_default(),
            status,
        })
    }

    /// The package that a file came with.
    pub(crate) fn of(&self, file: &Path) -> Option<Package> {
        let lists = fs::read_dir(self.folder.join("info")).ok()?;
        let lists = lists.filter_map(|entry| Some(entry.ok()?.path()));
        let mut lists = lists.filter(|path| path.extension().is_some_and(|e| e == "list"));
        let list = lists.find(|list| lists_file(list, file))?;
        // `zlib1g:amd64.list`, or without a processor.
        let stem = list.file_stem()?.to_str()?;
        let (name, architecture) = match stem.split_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (stem, None),
        };
        self.described(name, architecture)
    }

    fn described(&self, name: &str, architecture: Option<&str>) -> Option<Package> {
        let field = |stanza: &str, key: &str| {
            let mut values = stanza.lines().filter_map(|line| line.strip_prefix(key));
            values.next().map(|value| value.trim().to_owned())
        };
        let stanza = self.status.split("\n\n").find(|stanza| {
            let of = |key, value| field(stanza, key).is_some_and(|found| found == value);
            of("Package:", name) && architecture.is_none_or(|wanted| of("Architecture:", wanted))
        })?;
        let version = field(stanza, "Version:")?;
        let architecture = field(stanza, "Architecture:")?;
        let Self {
            system, release, ..
        } = self;
        let purl = format!(
            "pkg:deb/{system}/{name}@{}?arch={architecture}&distro={system}-{release}",
            version.replace('+', "%2B")
        );
        Some(Package {
            name: name.to_owned(),
            version,
            purl,
        })
    }
}

/// Whether a package's list of files has one, under either name that it has where `/lib`
/// leads to `/usr/lib`.
fn lists_file(list: &Path, file: &Path) -> bool {
    let Ok(list) = fs::read_to_string(list) else {
        return false;
    };
    let other = match file.strip_prefix("/usr") {
        Ok(rest) => Path::new("/").join(rest),
        Err(_) => Path::new("/usr").join(file.strip_prefix("/").unwrap_or(file)),
    };
    list.lines()
        .map(Path::new)
        .any(|line| line == file || line == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_package_that_lists_it() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert!(Packages::under(root.path()).is_none());
        put(
            "etc/os-release",
            "NAME=\"X\"\nID=debian\nVERSION_ID=\"12\"\n",
        );
        put(
            "var/lib/dpkg/status",
            "Package: libz\nArchitecture: arm64\nVersion: 1\n\n\
             Package: libz\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.3+deb12u1\n",
        );
        put("var/lib/dpkg/info/libz:amd64.list", "/.\n/lib/libz.so.1\n");
        put(
            "var/lib/dpkg/info/libz:amd64.md5sums",
            "/usr/lib/libz.so.2\n",
        );
        let packages = Packages::under(root.path()).unwrap();
        for path in ["/lib/libz.so.1", "/usr/lib/libz.so.1"] {
            let package = packages.of(Path::new(path)).unwrap();
            assert_eq!(
                package.purl,
                "pkg:deb/debian/libz@1:2.3%2Bdeb12u1?arch=amd64&distro=debian-12"
            );
            assert_eq!(
                (&*package.name, &*package.version),
                ("libz", "1:2.3+deb12u1")
            );
        }
        assert_eq!(packages.of(Path::new("/usr/lib/libz.so.2")), None);
    }
}
