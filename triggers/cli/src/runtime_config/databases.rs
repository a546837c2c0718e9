//! The tables of SQLite databases.

use std::collections::BTreeMap;
use std::path::Path;

use spindrift_manifest::reading::{Field, Fields};
use spindrift_runtime::{SqlitePlace, SqliteServer};

use super::read::{file, labelled, told};

/// Where databases are, by their labels; those that are not in the state folder.
pub(super) fn places(tables: &Field<'_>, folder: &Path) -> BTreeMap<String, SqlitePlace> {
    labelled(tables, |fields| place(fields, folder))
}

/// What else the table of a type has that does nothing here is not looked at.
fn place(mut fields: Fields<'_>, folder: &Path) -> Option<SqlitePlace> {
    let remedy = "a database is a file, `type = \"spin\"`, or on a server, `\"libsql\"`";
    let kind = fields.require("type", remedy)?;
    let place = match kind.some_text()? {
        "spin" => {
            let path = fields.take("path");
            let file = path.and_then(|field| file(&field, folder));
            file.map(SqlitePlace::File)
        }
        "libsql" => server(&mut fields).map(SqlitePlace::Server),
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

/// A server, and its token where it wants one.
fn server(fields: &mut Fields<'_>) -> Option<SqliteServer> {
    let url = fields.require("url", "add the server, `url = \"libsql://host\"`");
    let token = fields.take("token");
    let url = url?;
    let server = told(&url, SqliteServer::at(url.some_text()?))?;
    let Some(token) = token else {
        return Some(server);
    };
    match token.text()? {
        "" => Some(server),
        text => told(&token, server.with_token(text)),
    }
}

#[cfg(test)]
mod tests {
    use spindrift_manifest::reading::read;

    use super::*;

    fn of(text: &str) -> Result<BTreeMap<String, SqlitePlace>, String> {
        let path = Path::new("runtime.toml");
        read(path, text, |root| {
            let databases = root.fields()?.take("sqlite_database")?;
            Some(places(&databases, Path::new("")))
        })
        .map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_database_is_a_file_or_on_a_server() {
        let found = of("[sqlite_database.a]\ntype = \"spin\"\npath = \"a.db\"\n\
            [sqlite_database.b]\ntype = \"spin\"\n\
            [sqlite_database.c]\ntype = \"libsql\"\nurl = \"libsql://h\"\ntoken = \"hidden\"\n\
            [sqlite_database.d]\ntype = \"libsql\"\nurl = \"http://127.0.0.1:8080\"\ntoken = \"\"\n")
        .unwrap();
        let labels: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(labels, ["a", "c", "d"]);
        let shown = format!("{found:?}");
        for part in ["File(\"a.db\")", "https://h", "http://127.0.0.1:8080"] {
            assert!(shown.contains(part), "no {part} in {shown}");
        }
        assert!(!shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn what_is_wrong_with_a_server_is_told_at_its_line_without_its_url() {
        let told = of("[sqlite_database.a]\ntype = \"libsql\"\n\
            [sqlite_database.b]\ntype = \"libsql\"\nurl = \"ws://hidden\"\n\
            [sqlite_database.c]\ntype = \"libsql\"\nurl = \"libsql://h?authToken=hidden\"\n\
            [sqlite_database.d]\ntype = \"libsql\"\nurl = \"libsql://h\"\ntoken = \"hidden\\n\"\n\
            [sqlite_database.e]\ntype = \"libsql\"\nurl = \"libsql://h\"\npath = \"x\"\n\
            [sqlite_database.f]\ntype = \"turso\"\n")
        .unwrap_err();
        for part in [
            "sqlite_database.a: `url` is missing: add the server",
            "runtime.toml:5: sqlite_database.b.url: databases are asked by http or https: write `libsql://host`",
            "runtime.toml:8: sqlite_database.c.url: must hold neither a user nor a query",
            "runtime.toml:12: sqlite_database.d.token: the token holds what no header can",
            "runtime.toml:16: sqlite_database.e.path: unknown key",
            "runtime.toml:18: sqlite_database.f.type: type `turso` is not supported",
        ] {
            assert!(told.contains(part), "no {part} in:\n{told}");
        }
        assert!(!told.contains("hidden"), "{told}");
    }
}
