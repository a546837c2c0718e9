//! Components that a component is composed of.

use std::fmt;
use std::path::PathBuf;

use crate::app::Component;
use crate::names::is_kebab_case;
use crate::origin::Origin;

/// One entry of `[component.<id>.dependencies]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Which imports it is for.
    pub name: DependencyName,
    /// Where it comes from.
    pub origin: Origin,
    /// `export`: what of it is imported; `None`: what is called as the import is.
    pub export: Option<String>,
}

/// Imports of a component: a plain name, or `namespace:package`, with `/interface` and
/// `@version` or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependencyName(String);

impl DependencyName {
    /// Reads a name; `None` when it is malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, version) = split(text);
        let well_formed = match name.split_once(':') {
            None => is_kebab_case(name) && version.is_none(),
            Some((namespace, rest)) => {
                let (package, interface) = match rest.split_once('/') {
                    Some((package, interface)) => (package, Some(interface)),
                    None => (rest, None),
                };
                is_kebab_case(namespace)
                    && is_kebab_case(package)
                    && interface.is_none_or(is_kebab_case)
                    && version.is_none_or(is_version_or_its_beginning)
            }
        };
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The package, `namespace:package`, where it names one.
    pub(crate) fn package(&self) -> Option<&str> {
        let (name, _) = split(&self.0);
        let package = name.split('/').next()?;
        package.contains(':').then_some(package)
    }

    /// Whether it is for an import of this name. A name without an interface is for all of
    /// its package, one without a version for each version; `@1.0` is for 1.0.7 too.
    pub fn matches(&self, import: &str) -> bool {
        let (wanted, version) = split(&self.0);
        let (name, has) = split(import);
        let of_package = || {
            let package = name.split_once('/').map(|(package, _)| package);
            package == Some(wanted)
        };
        let begins = |version: &str| {
            let rest = has.and_then(|has| has.strip_prefix(version));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        (name == wanted || of_package()) && version.is_none_or(begins)
    }
}

impl fmt::Display for DependencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Component {
    /// Whether it is more than a file that lies there: fetched, or composed.
    pub fn is_assembled(&self) -> bool {
        self.origin.is_elsewhere() || !self.dependencies.is_empty()
    }

    /// Where it and its dependencies come from.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        let dependencies = self.dependencies.iter();
        std::iter::once(&self.origin).chain(dependencies.map(|dependency| &dependency.origin))
    }

    /// The files of this machine among its dependencies.
    pub fn dependency_files(&self) -> impl Iterator<Item = PathBuf> {
        let dependencies = self.dependencies.iter();
        dependencies.filter_map(|dependency| match &dependency.origin {
            Origin::File(path) => Some(path.clone()),
            _ => None,
        })
    }
}

/// A name, and the version after its `@`.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (name, None),
    }
}

fn is_version_or_its_beginning(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    text.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && text.bytes().all(fits)
        && !text.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DependencyName {
        DependencyName::parse(text).unwrap()
    }

    #[test]
    fn a_name_is_for_an_interface_a_package_or_a_version() {
        let import = "ada:words/greeting@1.0.2";
        for fits in [
            "ada:words/greeting",
            "ada:words",
            "ada:words@1",
            "ada:words/greeting@1.0",
            "ada:words/greeting@1.0.2",
        ] {
            assert!(name(fits).matches(import), "{fits}");
        }
        for other in [
            "ada:words/greet",
            "ada:word",
            "bob:words",
            "ada:words/greeting@1.0.1",
            "ada:words/greeting@1.0.20",
            "greeting",
        ] {
            assert!(!name(other).matches(import), "{other}");
        }
        assert!(name("log").matches("log") && !name("log").matches("logs"));
        assert!(!name("ada:words@1.0").matches("ada:words/greeting"));
        assert_eq!(name("ada:words/greeting@1.0").package(), Some("ada:words"));
        assert_eq!(name("log").package(), None);
    }

    #[test]
    fn a_malformed_name_is_none() {
        for bad in [
            "", "a:", ":b", "a:b/", "a:b/c/d", "a:b@", "a:b@x", "a@1", "A b",
        ] {
            assert_eq!(DependencyName::parse(bad), None, "{bad}");
        }
    }
}
