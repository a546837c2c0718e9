//! Variables from HashiCorp Vault, by its protocol: Debian has no Vault to start.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use reqwest::Method;
use serde_json::json;
use spindrift_tests::Start;
use tokio::task::JoinSet;

use crate::Result;
use crate::runtime_config::configured;
use crate::stand_in::serve;

const TOKEN: &str = "of-the-test";

/// A server that has one secret.
struct Vault {
    url: String,
    /// Ends with this.
    _server: JoinSet<()>,
}

impl Vault {
    async fn start() -> Result<Self> {
        let routes = Router::new().fallback(secret);
        let (url, server) = serve(routes).await?;
        Ok(Self {
            url,
            _server: server,
        })
    }
}

/// What version 2 of the KV engine answers, mounted at `kv`.
async fn secret(uri: Uri, headers: HeaderMap) -> (StatusCode, String) {
    let refused = headers
        .get("x-vault-token")
        .is_none_or(|token| token != TOKEN);
    if refused {
        let answer = json!({"errors": ["permission denied"]});
        return (StatusCode::FORBIDDEN, answer.to_string());
    }
    let value = match uri.path() {
        "/v1/kv/data/todo/greeting" => json!({"value": "from Vault"}),
        "/v1/kv/data/odd/greeting" => json!({"password": "hidden"}),
        _ => return (StatusCode::NOT_FOUND, json!({"errors": []}).to_string()),
    };
    let answer = json!({"data": {"data": value, "metadata": {"version": 1}}});
    (StatusCode::OK, answer.to_string())
}

/// The guests, with Vault as the first of two providers.
async fn asking(url: &str, token: &str, prefix: &str) -> Result<Start> {
    configured(&format!(
        "[[variables_provider]]\ntype = \"vault\"\nurl = \"{url}\"\ntoken = \"{token}\"\n\
         mount = \"kv\"\nprefix = \"{prefix}\"\n\
         [[variables_provider]]\ntype = \"static\"\n\
         values = {{ greeting = \"late\", secret = \"static\" }}\n"
    ))
    .await
}

#[tokio::test]
async fn variables_come_from_vault_and_what_it_has_not_from_the_next() -> Result {
    let vault = Vault::start().await?;
    let running = asking(&vault.url, TOKEN, "todo").await?.run().await?;
    let request = running
        .api
        .call(Method::GET, "/probe/variable?greeting")
        .send();
    assert_eq!(request.await?.expect(200).text(), "from Vault, static");
    let log = running.log();
    assert!(!log.contains(TOKEN) && !log.contains("from Vault"), "{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_vault_that_refuses_is_away_or_has_no_value_is_told_by_its_address() -> Result {
    let vault = Vault::start().await?;
    let nowhere = "http://127.0.0.1:1".to_owned();
    for (url, token, prefix, why) in [
        (&vault.url, "another-token", "todo", "refuses the token"),
        (&nowhere, TOKEN, "todo", "does not answer"),
        (&vault.url, TOKEN, "odd", "no text under `value`"),
    ] {
        let ended = asking(url, token, prefix).await?.end().await?;
        assert!(!ended.status.success());
        let told = ended.stderr;
        for part in [why, url, "the value of the variable"] {
            assert!(told.contains(part), "no {part} in:\n{told}");
        }
        assert!(!told.contains(token) && !told.contains("hidden"), "{told}");
    }
    Ok(())
}
