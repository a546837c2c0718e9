//! The tables of a runtime configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use spindrift_manifest::reading::{Field, Fields, count};
use spindrift_runtime::ModelServer;

use super::vault::{self, Vault};
use super::{Provider, RuntimeConfig, databases, stores, tls};

/// What a number of requests or sockets is at the most.
const MOST: usize = 1_000_000;

/// Reads a runtime configuration. Relative paths in it start at its folder.
pub(super) fn config(root: &Field<'_>, path: &Path) -> Option<RuntimeConfig> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut fields = root.fields()?;
    let mut config = RuntimeConfig::default();
    if let Some(stores) = fields.take("key_value_store") {
        config.key_value = stores::places(&stores, folder);
    }
    if let Some(tables) = fields.take("sqlite_database") {
        config.sqlite = databases::places(&tables, folder);
    }
    // The second is what Spin called the first before.
    for key in ["variables_provider", "config_provider"] {
        for one in fields
            .take(key)
            .map_or_else(Vec::new, |list| list.elements())
        {
            config.providers.extend(provider(&one, folder));
        }
    }
    if let Some(server) = fields.take("llm_compute") {
        config.models = models(&server);
    }
    let networking = fields.take("outbound_networking");
    if let Some(table) = networking.and_then(|networking| networking.fields()) {
        outbound_networking(table, &mut config);
    }
    let http = fields.take("outbound_http");
    if let Some(table) = http.and_then(|http| http.fields()) {
        outbound_http(table, &mut config);
    }
    let tables = fields.take("client_tls");
    for table in tables.map_or_else(Vec::new, |list| list.elements()) {
        tls::table(&table, path, &mut config);
    }
    refuse_what_is_not_honoured(&mut fields);
    fields.finish();
    Some(config)
}

fn refuse_what_is_not_honoured(fields: &mut Fields<'_>) {
    fields.refuse("state_dir", "give `--state-dir DIR`");
    fields.refuse("log_dir", "redirect standard error, where logs go");
}

/// What no function reaches, and how many sockets there may be.
fn outbound_networking(mut fields: Fields<'_>, config: &mut RuntimeConfig) {
    let networks = fields.take("block_networks");
    for network in networks.map_or_else(Vec::new, |list| list.elements()) {
        if let Some(Err(message)) = network
            .some_text()
            .map(|text| config.blocked_networks.add(text))
        {
            network.error(message);
        }
    }
    let sockets = fields.take("max_socket_connections");
    config.sockets = sockets.and_then(|most| count(&most, 1..=MOST));
    let limit = "remove it; `max_connections` of `outbound_http` bounds those of HTTP, \
                 `max_socket_connections` sockets, and `--database-connections` the pools of \
                 databases";
    fields.refuse("max_total_connections", limit);
    fields.finish();
}

/// How many HTTP requests may be under way at once, each on a connection, and whether
/// connections are used again.
fn outbound_http(mut fields: Fields<'_>, config: &mut RuntimeConfig) {
    let pooling = fields.take("connection_pooling");
    config.outbound_pooling = pooling.and_then(|pooling| pooling.boolean());
    let most = either(&mut fields, "max_connections", "max_concurrent_requests");
    config.outbound_requests = most.and_then(|most| count(&most, 1..=MOST));
    fields.finish();
}

/// The value of a key that older versions of Spin call otherwise.
pub(super) fn either<'d>(
    fields: &mut Fields<'d>,
    key: &'static str,
    older: &'static str,
) -> Option<Field<'d>> {
    match (fields.take(key), fields.take(older)) {
        (Some(found), Some(again)) => {
            again.error(format!("is the same as `{key}`: remove one of them"));
            Some(found)
        }
        (found, again) => found.or(again),
    }
}

/// A file that is there, or can be made.
pub(super) fn file(field: &Field<'_>, folder: &Path) -> Option<PathBuf> {
    let text = field.some_text()?;
    let path = folder.join(text);
    let parent = path.parent().unwrap_or(Path::new(""));
    if !parent.as_os_str().is_empty() && !parent.is_dir() {
        field.error(format!(
            "no such folder `{}`: make it, or correct the path",
            parent.display()
        ));
    }
    if path.is_dir() {
        field.error(format!("`{text}` is a folder: name a file in it"));
    }
    Some(path)
}

fn provider(field: &Field<'_>, folder: &Path) -> Option<Provider> {
    let mut fields = field.fields()?;
    let remedy = "write `type = \"env\"`, `\"file\"`, `\"static\"` or `\"vault\"`";
    let kind = fields.require("type", remedy)?;
    let provider = match kind.some_text()? {
        "env" => {
            fields.refuse("dotenv_path", "export its variables before the start");
            let prefix = fields.take("prefix").and_then(|field| field.some_text());
            Provider::Environment {
                prefix: prefix.unwrap_or("SPIN_VARIABLE").to_owned(),
            }
        }
        "file" => {
            let remedy = "name the folder that has a file for each variable";
            let path = fields.require("path", remedy)?;
            let folder = folder.join(path.some_text()?);
            if !folder.is_dir() {
                path.error(format!(
                    "no such folder `{}`: mount it, or correct the path",
                    folder.display()
                ));
            }
            Provider::Folder(folder)
        }
        "static" => {
            let values = fields.require("values", "add `values = { name = \"value\" }`")?;
            Provider::Static(values.text_entries())
        }
        "vault" => Provider::Vault(vault_server(&mut fields)?),
        other => {
            kind.error(format!(
                "type `{other}` is not supported by this version, which has `env`, `file`, \
                 `static` and `vault`: have the values mounted as files, or in the environment"
            ));
            return None;
        }
    };
    fields.finish();
    Some(provider)
}

fn vault_server(fields: &mut Fields<'_>) -> Option<Vault> {
    let url = fields.require("url", "name the server, `url = \"https://host:8200\"`");
    let remedy = "add the token of whoever may read the variables";
    let token = fields.require("token", remedy);
    let remedy = "name the KV engine of version 2, `mount = \"secret\"`";
    let mount = fields.require("mount", remedy);
    let prefix = fields.take("prefix").and_then(|field| field.text());
    let (url, token, mount) = (url?, token?, mount?);
    let server = told(&url, vault::server(url.some_text()?));
    let secret = told(&token, vault::token(token.some_text()?));
    let mount = mount.some_text()?;
    Some(Vault::new(
        server?,
        secret?,
        mount,
        prefix.unwrap_or_default(),
    ))
}

/// What was made of each of these tables, by their labels.
pub(super) fn labelled<T>(
    tables: &Field<'_>,
    make: impl Fn(Fields<'_>) -> Option<T>,
) -> BTreeMap<String, T> {
    let made = tables.entries().into_iter().filter_map(|(label, table)| {
        let made = table.fields().and_then(&make)?;
        Some((label.to_owned(), made))
    });
    made.collect()
}

/// What was made of a value, or else the mistake in it.
pub(super) fn told<T>(field: &Field<'_>, made: Result<T, String>) -> Option<T> {
    made.map_err(|message| field.error(message)).ok()
}

fn models(field: &Field<'_>) -> Option<ModelServer> {
    let mut fields = field.fields()?;
    let remedy = "models are on a server, `type = \"remote_http\"`";
    only(&mut fields, "remote_http", remedy)?;
    let url = fields.require("url", "add the server, `url = \"http://host:port\"`");
    let token = fields.take("auth_token").and_then(|field| field.text());
    let remedy = "write `api_type = \"open_ai\"`: OpenAI's protocol is the one that is spoken here";
    let protocol = fields.require("api_type", remedy);
    if let Some(protocol) = protocol
        && protocol.text()? != "open_ai"
    {
        protocol.error(format!("not supported by this version: {remedy}"));
    }
    fields.finish();
    let url = url?;
    let token = token.filter(|token| !token.is_empty());
    match ModelServer::new(url.some_text()?, token) {
        Ok(server) => Some(server),
        Err(message) => {
            url.error(message);
            None
        }
    }
}

/// Reads `type`, of which one alone does anything here. What else the table of another
/// has is not looked at.
fn only(fields: &mut Fields<'_>, wanted: &str, remedy: &str) -> Option<()> {
    let kind = fields.require("type", remedy)?;
    let text = kind.some_text()?;
    if text == wanted {
        return Some(());
    }
    kind.error(format!(
        "type `{text}` is not supported by this version: {remedy}"
    ));
    None
}

#[cfg(test)]
mod tests {
    use spindrift_manifest::reading::read;

    use super::*;

    fn of(text: &str) -> Result<RuntimeConfig, String> {
        let path = Path::new("runtime.toml");
        read(path, text, |root| config(root, path)).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn everything_that_is_honoured_is_read() {
        let found = of("[key_value_store.default]\ntype = \"spin\"\npath = \"kv.sqlite\"\n\
            [sqlite_database.a]\ntype = \"spin\"\n[sqlite_database.b]\ntype = \"spin\"\npath = \"b.db\"\n\
            [sqlite_database.c]\ntype = \"libsql\"\nurl = \"libsql://h\"\ntoken = \"hidden\"\n\
            [[variables_provider]]\ntype = \"env\"\nprefix = \"TODO\"\n\
            [[config_provider]]\ntype = \"static\"\nvalues = { token = \"hidden\" }\n\
            [llm_compute]\ntype = \"remote_http\"\napi_type = \"open_ai\"\nurl = \"http://h:1\"\nauth_token = \"hidden\"\n\
            [[variables_provider]]\ntype = \"vault\"\nurl = \"https://v:8200\"\ntoken = \"hidden\"\nmount = \"secret\"\nprefix = \"todo\"\n\
            [outbound_networking]\nblock_networks = [\"10.0.0.0/8\", \"private\"]\nmax_socket_connections = 9\n\
            [outbound_http]\nconnection_pooling = false\nmax_concurrent_requests = 7\n\
            [[client_tls]]\ncomponent_ids = [\"a\", \"b\"]\nhosts = [\"example.com\"]\n")
        .unwrap();
        assert_eq!(found.key_value.len(), 1);
        assert_eq!(found.sqlite.len(), 2);
        assert_eq!(found.providers.len(), 3);
        assert_eq!(found.outbound_requests, Some(7));
        assert_eq!(found.outbound_pooling, Some(false));
        assert_eq!(found.sockets, Some(9));
        assert_eq!(found.components.len(), 2);
        assert!(found.models.is_some());
        assert!(found.blocked_networks.blocks([127, 0, 0, 1].into()));
        assert!(!found.blocked_networks.blocks([1, 1, 1, 1].into()));
        assert!(!format!("{found:?}").contains("hidden"));
        let nothing = of("").unwrap();
        assert!(nothing.models.is_none() && nothing.blocked_networks.is_empty());
        assert_eq!((nothing.outbound_requests, nothing.sockets), (None, None));
        assert_eq!(nothing.outbound_pooling, None);
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_what_to_do() {
        let told = of(
            "[key_value_store.default]\ntype = \"azure_cosmos\"\nkey = \"hidden\"\n\
            [sqlite_database.a]\ntype = \"spin\"\npath = \"nowhere/a.db\"\nsize = 1\n\
            [[variables_provider]]\ntype = \"azure_key_vault\"\nclient_secret = \"hidden\"\n\
            [outbound_networking]\nblock_networks = [\"Private\"]\n\
            [llm_compute]\ntype = \"remote_http\"\nurl = \"http://u:hidden@h\"\n\
            [sqlite_databases.a]\ntype = \"spin\"\n\
            [[variables_provider]]\ntype = \"vault\"\nurl = \"https://u:hidden@h\"\ntoken = \"hidden\\n\"\nmount = \"m\"\n\
            [[variables_provider]]\ntype = \"vault\"\nurl = \"https://h\"\n\
            [outbound_http]\nconnection_pooling = 1\nmax_connections = 0\nmax_concurrent_requests = 1\n",
        )
        .unwrap_err();
        for part in [
            "runtime.toml:2: key_value_store.default.type: type `azure_cosmos` is not supported",
            "runtime.toml:6: sqlite_database.a.path: no such folder `nowhere`",
            "runtime.toml:7: sqlite_database.a.size: unknown key",
            "runtime.toml:9: variables_provider[0].type: type `azure_key_vault` is not supported",
            "runtime.toml:12: outbound_networking.block_networks[0]: must be a network",
            "llm_compute: `api_type` is missing",
            "runtime.toml:15: llm_compute.url: ",
            "sqlite_databases: unknown key; did you mean `sqlite_database`?",
            "runtime.toml:20: variables_provider[1].url: must hold neither a user",
            "runtime.toml:21: variables_provider[1].token: holds what no header can",
            "variables_provider[2]: `token` is missing",
            "variables_provider[2]: `mount` is missing",
            "runtime.toml:27: outbound_http.connection_pooling: expected `true` or `false`, found an integer",
            "runtime.toml:28: outbound_http.max_connections: must be a number from 1",
            "runtime.toml:29: outbound_http.max_concurrent_requests: is the same as",
        ] {
            assert!(told.contains(part), "no {part} in:\n{told}");
        }
        assert!(!told.contains("hidden"), "{told}");
    }
}
