//! The tables of key-value stores.

use std::collections::BTreeMap;
use std::path::Path;

use spindrift_manifest::reading::{Field, Fields};
use spindrift_runtime::{StorePlace, StoreServer};

use super::read::{file, labelled, told};

/// Where stores are, by their labels; those that are not in the state folder.
pub(super) fn places(tables: &Field<'_>, folder: &Path) -> BTreeMap<String, StorePlace> {
    labelled(tables, |fields| place(fields, folder))
}

/// What else the table of a type has that does nothing here is not looked at.
fn place(mut fields: Fields<'_>, folder: &Path) -> Option<StorePlace> {
    let remedy =
        "a store is a file, `type = \"spin\"`, or on a server, `\"redis\"` or `\"postgres\"`";
    let kind = fields.require("type", remedy)?;
    let place = match kind.some_text()? {
        "spin" => {
            let path = fields.take("path");
            let file = path.and_then(|field| file(&field, folder));
            file.map(StorePlace::File)
        }
        "redis" => {
            let remedy = "add the server, `url = \"redis://host:port\"`";
            server(&mut fields, remedy, StoreServer::redis)
        }
        "postgres" => {
            let remedy = "add the database, `url = \"postgres://user@host:port/database\"`";
            server(&mut fields, remedy, StoreServer::postgres)
        }
        other => {
            kind.error(format!(
                "type `{other}` is not supported by this version: {remedy}"
            ));
            return None;
        }
    };
    fields.finish();
    place
}

/// A server by its URL, which no mistake repeats: there is a password in it.
fn server(
    fields: &mut Fields<'_>,
    remedy: &str,
    of: fn(&str) -> Result<StoreServer, String>,
) -> Option<StorePlace> {
    let url = fields.require("url", remedy)?;
    told(&url, of(url.some_text()?)).map(StorePlace::Server)
}

#[cfg(test)]
mod tests {
    use spindrift_manifest::reading::read;

    use super::*;

    fn of(text: &str) -> Result<BTreeMap<String, StorePlace>, String> {
        let path = Path::new("runtime.toml");
        read(path, text, |root| {
            let stores = root.fields()?.take("key_value_store")?;
            Some(places(&stores, Path::new("")))
        })
        .map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_store_is_a_file_or_on_a_server() {
        let found = of("[key_value_store.a]\ntype = \"spin\"\npath = \"kv.sqlite\"\n\
            [key_value_store.b]\ntype = \"spin\"\n\
            [key_value_store.c]\ntype = \"redis\"\nurl = \"redis://:hidden@h/1\"\n\
            [key_value_store.d]\ntype = \"postgres\"\nurl = \"postgres://u:hidden@h/x?sslmode=disable\"\n")
        .unwrap();
        assert_eq!(
            format!("{found:?}"),
            r#"{"a": File("kv.sqlite"), "c": Server(Redis), "d": Server(PostgreSQL)}"#
        );
    }

    #[test]
    fn what_is_wrong_with_a_server_is_told_without_its_url() {
        let told = of("[key_value_store.a]\ntype = \"redis\"\n\
            [key_value_store.b]\ntype = \"redis\"\nurl = \"redis://:hidden@h/nine\"\n\
            [key_value_store.c]\ntype = \"postgres\"\nurl = \"redis://:hidden@h\"\n\
            [key_value_store.d]\ntype = \"redis\"\nurl = \"redis://h\"\npath = \"x\"\n")
        .unwrap_err();
        for part in [
            "key_value_store.a: `url` is missing: add the server",
            "runtime.toml:5: key_value_store.b.url: the address of Redis is malformed",
            "runtime.toml:8: key_value_store.c.url: the database URL is not usable",
            "runtime.toml:12: key_value_store.d.path: unknown key",
        ] {
            assert!(told.contains(part), "no {part} in:\n{told}");
        }
        assert!(!told.contains("hidden"), "{told}");
    }
}
