//! Where a component comes from: a file, a URL, or a package of a registry.

use super::Place;
use crate::document::Data;
use crate::fields::{Field, Fields};
use crate::names::is_kebab_case;
use crate::origin::Origin;

/// A component's `source`.
pub(super) fn read(field: &Field<'_>, place: &Place<'_>) -> Option<Origin> {
    if !matches!(field.node.data, Data::Table(_)) {
        return Some(Origin::File(place.root.join(field.some_text()?)));
    }
    let mut fields = field.fields()?;
    let origin = elsewhere(&mut fields, None);
    fields.finish();
    origin
}

/// What a table says of a place that is not on this machine. `package` is the package
/// where the table need not name one.
pub(super) fn elsewhere(fields: &mut Fields<'_>, package: Option<&str>) -> Option<Origin> {
    if let Some(field) = fields.take("url") {
        let digest = fields.require(
            "digest",
            "add `digest = \"sha256:...\"`, with what `sha256sum` prints of the file",
        );
        let digest = digest.and_then(|field| digest_of(&field));
        return Some(Origin::Url {
            url: url_of(&field)?,
            digest: digest?,
        });
    }
    let registry = fields.require(
        "registry",
        "add the host, `registry = \"ghcr.io\"`, or where the file is, `url = \"https://...\"`",
    );
    let registry = registry.and_then(|field| registry_of(&field));
    let given = fields.take("package");
    let missing = given.is_none() && package.is_none();
    let (namespace, name) = match (given, package) {
        (Some(field), _) => package_of(&field),
        (None, Some(package)) => package.split_once(':'),
        (None, None) => None,
    }
    .unzip();
    if missing {
        fields.require("package", "add `package = \"namespace:name\"`");
    }
    let version = fields.require("version", "add the one version, `version = \"1.2.3\"`");
    let version = version.and_then(|field| version_of(&field));
    Some(Origin::Package {
        registry: registry?,
        namespace: namespace?.to_owned(),
        name: name?.to_owned(),
        version: version?,
    })
}

fn url_of(field: &Field<'_>) -> Option<String> {
    let url = field.some_text()?;
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let Some(rest) = rest else {
        field.error("must begin with `https://` or `http://`");
        return None;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || url.contains(char::is_whitespace) {
        field.error("must be a URL: write `https://example.com/function.wasm`, say");
        return None;
    }
    // It is shown in messages.
    if host.contains('@') {
        field.error("must not hold a password: keep the file where none is asked for");
        return None;
    }
    Some(url.to_owned())
}

fn digest_of(field: &Field<'_>) -> Option<String> {
    let digits = field.some_text()?.strip_prefix("sha256:");
    let fits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let digits = digits.filter(|digits| digits.len() == 64 && digits.bytes().all(fits));
    if digits.is_none() {
        field.error("must be `sha256:` and 64 digits, as `sha256sum` prints them");
    }
    digits.map(str::to_owned)
}

fn registry_of(field: &Field<'_>) -> Option<String> {
    let registry = field.some_text()?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    let begins = |b: u8| b.is_ascii_alphanumeric() || b == b'[';
    if !registry.bytes().all(fits) || !registry.bytes().next().is_some_and(begins) {
        field.error("must be a host, with a port or without: write `ghcr.io`, say");
        return None;
    }
    Some(registry.to_owned())
}

fn package_of<'d>(field: &Field<'d>) -> Option<(&'d str, &'d str)> {
    let parts = field.some_text()?.split_once(':');
    let fits = |part: &str| is_kebab_case(part) && !part.bytes().any(|b| b.is_ascii_uppercase());
    let parts = parts.filter(|(namespace, name)| fits(namespace) && fits(name));
    if parts.is_none() {
        field.error("must be `namespace:name`, in lower case");
    }
    parts
}

fn version_of(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    // `=1.2.3` is how a requirement says the same.
    let version = text.strip_prefix('=').unwrap_or(text).trim();
    if !is_version(version) {
        field.error(format!(
            "`{text}` is not one version: write `1.2.3`, say, for what a range means changes \
             between one build and the next"
        ));
        return None;
    }
    Some(version.to_owned())
}

/// Whether it is a version that may be a tag.
fn is_version(text: &str) -> bool {
    let (numbers, more) = match text.split_once('-') {
        Some((numbers, more)) => (numbers, Some(more)),
        None => (text, None),
    };
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    numbers.split('.').count() == 3
        && numbers.split('.').all(number)
        && more.is_none_or(|more| !more.is_empty() && more.bytes().all(fits))
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn one_version_is_no_range() {
        for good in ["1.2.3", "0.1.0", "1.0.0-rc.1"] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "", "1", "1.2", "1.2.x", "^1.2.3", ">=1.0.0", "1.2.3.4", "1.2.3-", "1.2.3+a",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
