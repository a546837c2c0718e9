//! `client_tls`: whom components believe, and what they show, where they ask by HTTPS.

use std::fs;
use std::path::Path;

use spindrift_manifest::reading::{Field, Fields};
use spindrift_runtime::client_tls::{self, Authorities, Identity};

use super::read::{either, told};
use super::{Named, RuntimeConfig};

/// Reads one of its tables, of the file at `path`.
pub(super) fn table(field: &Field<'_>, path: &Path, config: &mut RuntimeConfig) {
    let Some(mut fields) = field.fields() else {
        return;
    };
    let remedy = "name the components, `component_ids = [\"id\"]`";
    let components = fields.require("component_ids", remedy);
    let remedy = "name the servers, `hosts = [\"example.com\"]`";
    let hosts = fields.require("hosts", remedy);
    let folder = path.parent().unwrap_or(Path::new(""));
    let identity = identity(&mut fields, folder, field);
    fields.finish();
    let (Some(components), Some(hosts)) = (components, hosts) else {
        return;
    };
    let (components, hosts) = (named(&components), named(&hosts));
    for (component, id) in &components {
        let line = component.line();
        config.components.push(Named {
            id: (*id).to_owned(),
            place: format!("{}:{line}: client_tls.component_ids", path.display()),
        });
    }
    let Some(identity) = identity else {
        return;
    };
    for (host, name) in &hosts {
        let mut said = components
            .iter()
            .map(|(_, id)| config.client_tls.add(id, name, &identity));
        // One mistake of a host is told once.
        if let Some(message) = said.find_map(Result::err) {
            host.error(message);
        }
    }
}

/// The elements of a list that names something.
fn named<'d>(list: &Field<'d>) -> Vec<(Field<'d>, &'d str)> {
    let elements = list.elements();
    if elements.is_empty() {
        list.error("must not be empty: name one at least, or remove the table");
    }
    let named = |one: Field<'d>| {
        let text = one.some_text()?;
        Some((one, text))
    };
    elements.into_iter().filter_map(named).collect()
}

/// Whom to believe, and what to show. Mistakes of the whole are reported on `table`.
fn identity(fields: &mut Fields<'_>, folder: &Path, table: &Field<'_>) -> Option<Identity> {
    let roots = fields.take("ca_roots_file");
    let public = either(fields, "ca_use_webpki_roots", "ca_webpki_roots");
    let system = "remove it; name the file of what this system trusts, such as \
                  `ca_roots_file = \"/etc/ssl/certs/ca-certificates.crt\"`";
    fields.refuse("ca_use_platform_roots", system);
    let chain = either(fields, "client_cert_file", "cert_chain_file");
    let key = either(fields, "client_private_key_file", "private_key_file");

    let is_public = match &public {
        Some(public) => public.boolean()?,
        None => roots.is_none(),
    };
    let mut authorities = Authorities::default();
    if is_public {
        authorities.add_public();
    } else if roots.is_none() {
        let at = public.as_ref().unwrap_or(table);
        at.error("nobody is believed then: name whom, `ca_roots_file = \"roots.pem\"`");
        return None;
    }
    if let Some(roots) = &roots {
        told(roots, authorities.add(&contents(roots, folder)?))?;
    }
    let (key, shown) = match (chain, key) {
        (None, None) => (None, None),
        (Some(chain), Some(key)) => {
            let certificates = client_tls::certificates(&contents(&chain, folder)?);
            let certificates = told(&chain, certificates)?;
            let private = told(&key, client_tls::private_key(&contents(&key, folder)?))?;
            (Some(key), Some((certificates, private)))
        }
        (Some(chain), None) => {
            chain.error("is shown with its key: add `client_private_key_file`");
            return None;
        }
        (None, Some(key)) => {
            key.error("is of a certificate: add `client_cert_file`");
            return None;
        }
    };
    let at = key.as_ref().unwrap_or(table);
    told(at, Identity::new(authorities, shown))
}

/// What is in the file that a field names.
fn contents(field: &Field<'_>, folder: &Path) -> Option<Vec<u8>> {
    let path = folder.join(field.some_text()?);
    let read = fs::read(&path).map_err(|error| {
        format!(
            "cannot read {}: {error}; correct the path, or let this user read it",
            path.display()
        )
    });
    told(field, read)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use spindrift_manifest::reading::read;

    use super::*;

    /// A folder with two certificates and their keys, and a file that is neither.
    fn files() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one", "two"] {
            let names = vec!["example.com".to_owned()];
            let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
            let file = |kind: &str| folder.path().join(format!("{name}.{kind}"));
            fs::write(file("crt"), cert.pem()).unwrap();
            fs::write(file("key"), signing_key.serialize_pem()).unwrap();
        }
        fs::write(folder.path().join("nonsense"), "hidden").unwrap();
        folder
    }

    /// What is made of a table with these lines, behind those that it must have.
    fn of(lines: &str) -> Result<RuntimeConfig, String> {
        let folder = files();
        let path = folder.path().join("runtime.toml");
        let text = format!("component_ids = [\"a\"]\nhosts = [\"example.com\"]\n{lines}");
        let table = |root: &Field<'_>| {
            let mut config = RuntimeConfig::default();
            table(root, &path, &mut config);
            Some(config)
        };
        read(&path, &text, table).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn an_identity_is_read_by_the_names_of_both_generations() {
        for lines in [
            "",
            "ca_use_webpki_roots = true",
            "ca_use_platform_roots = false",
            "ca_roots_file = \"one.crt\"",
            "ca_roots_file = \"one.crt\"\nca_webpki_roots = true",
            "client_cert_file = \"one.crt\"\nclient_private_key_file = \"one.key\"",
            "cert_chain_file = \"one.crt\"\nprivate_key_file = \"one.key\"",
        ] {
            let config = of(lines).unwrap();
            assert!(
                format!("{:?}", config.client_tls).contains("example.com"),
                "{lines}"
            );
            assert_eq!(config.components.len(), 1);
        }
    }

    #[test]
    fn every_mistake_is_told_at_its_key() {
        for (lines, told) in [
            (
                "ca_roots_file = \"none.crt\"",
                "3: ca_roots_file: cannot read",
            ),
            (
                "ca_roots_file = \"nonsense\"",
                "3: ca_roots_file: has no certificate",
            ),
            (
                "ca_webpki_roots = false",
                "3: ca_webpki_roots: nobody is believed",
            ),
            (
                "ca_use_platform_roots = true",
                "3: ca_use_platform_roots: not supported",
            ),
            (
                "client_cert_file = \"one.crt\"",
                "3: client_cert_file: is shown with its key",
            ),
            (
                "client_private_key_file = \"one.key\"",
                "3: client_private_key_file: is of a certificate",
            ),
            (
                "client_cert_file = \"one.crt\"\nclient_private_key_file = \"two.key\"",
                "4: client_private_key_file: cannot be used with the certificate",
            ),
            (
                "client_cert_file = \"one.crt\"\nclient_private_key_file = \"nonsense\"",
                "4: client_private_key_file: has no private key",
            ),
            (
                "client_cert_file = \"one.crt\"\ncert_chain_file = \"one.crt\"",
                "4: cert_chain_file: is the same as `client_cert_file`",
            ),
            ("ca_root_file = \"one.crt\"", "3: ca_root_file: unknown key"),
        ] {
            let found = of(lines).unwrap_err();
            assert!(found.contains(told), "{lines}: {found}");
            assert!(!found.contains("hidden"), "{found}");
        }
    }

    #[test]
    fn a_table_names_components_and_hosts() {
        let of = |text: &str| {
            let path = Path::new("runtime.toml");
            let table = |root: &Field<'_>| {
                let mut config = RuntimeConfig::default();
                table(root, path, &mut config);
                Some(config)
            };
            read(path, text, table).unwrap_err().to_string()
        };
        let found = of("component_ids = []\nhosts = [\"a\", \"https://b\", \"A\"]");
        assert!(
            found.contains("1: component_ids: must not be empty"),
            "{found}"
        );
        let found = of("component_ids = [\"x\"]\nhosts = [\"a\", \"https://b\", \"A\"]");
        for part in [
            "2: hosts[1]: must be the name or the address",
            "2: hosts[2]: says a second time",
        ] {
            assert!(found.contains(part), "no {part} in:\n{found}");
        }
        let found = of("");
        for part in ["`component_ids` is missing", "`hosts` is missing"] {
            assert!(found.contains(part), "no {part} in:\n{found}");
        }
    }
}
