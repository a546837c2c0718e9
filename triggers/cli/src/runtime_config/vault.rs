//! HashiCorp Vault: a secret of its KV engine, version 2, for each variable.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::{HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde_json::Value;

/// What the server knows the caller by.
const TOKEN: &str = "x-vault-token";

/// How long the server may take to be reached.
const CONNECT: Duration = Duration::from_secs(5);

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of an answer, which is in memory whole.
const ANSWER: usize = 2 << 20;

/// A server, and where in it variables are. Its `Display` is the server's address.
pub(crate) struct Vault {
    server: Url,
    token: HeaderValue,
    mount: String,
    prefix: String,
}

/// Reads a server's address.
///
/// # Errors
///
/// What is wrong with it, in words that do not show it.
pub(super) fn server(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("not a URL: {error}; write `https://host:8200`"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("is asked by http or https: write `https://host:8200`".to_owned());
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        return Err("must hold neither a user nor a query: the token goes into `token`".to_owned());
    }
    Ok(url)
}

/// Reads a token.
///
/// # Errors
///
/// It cannot be sent; in words that do not show it.
pub(super) fn token(text: &str) -> Result<HeaderValue, String> {
    let mut token = HeaderValue::from_str(text)
        .map_err(|_| "holds what no header can: look for a line break in it".to_owned())?;
    token.set_sensitive(true);
    Ok(token)
}

impl Vault {
    /// A server, the place where its engine is mounted, and what comes before the names of
    /// variables there.
    pub(super) fn new(server: Url, token: HeaderValue, mount: &str, prefix: &str) -> Self {
        Self {
            server,
            token,
            mount: mount.to_owned(),
            prefix: prefix.to_owned(),
        }
    }

    /// The values of the variables that it has.
    pub(super) async fn values(&self, names: &[&str]) -> Result<BTreeMap<String, String>> {
        // Somebody may have chosen before: then that one is used.
        _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            // Another server is not given the token.
            .redirect(Policy::none())
            .user_agent(concat!("spindrift/", env!("CARGO_PKG_VERSION")))
            .build()
            .context(
                "cannot ask Vault; if this system has no authorities to believe, name a file of \
                 them in SSL_CERT_FILE",
            )?;
        let mut values = BTreeMap::new();
        for name in names {
            let url = self.place(name);
            let value = self.value(&client, &url).await.with_context(|| {
                format!("cannot have the value of the variable \"{name}\" from Vault, {url}")
            })?;
            if let Some(value) = value {
                values.insert((*name).to_owned(), value);
            }
        }
        Ok(values)
    }

    /// Where a variable is.
    fn place(&self, name: &str) -> Url {
        let mut url = self.server.clone();
        // Every URL of http has a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .push("v1")
                .extend(parts(&self.mount))
                .push("data")
                .extend(parts(&self.prefix))
                .push(name);
        }
        url
    }

    async fn value(&self, client: &Client, url: &Url) -> Result<Option<String>> {
        let request = client.get(url.clone()).header(TOKEN, self.token.clone());
        let response = match request.send().await {
            Ok(response) => response,
            // Whose address it is was said.
            Err(error) => {
                return Err(error.without_url())
                    .context("it does not answer: is it running, and is `url` right?");
            }
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::FORBIDDEN => bail!(
                "it refuses the token (403): give one in `token` that is not expired, and that a \
                 policy lets read there"
            ),
            status => bail!("it answers {status}: see its own log, and name the active server"),
        }
        let answer = body(response).await?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let value = answer.pointer("/data/data/value").and_then(Value::as_str);
        let value = value.context(
            "there is no text under `value` in that secret: write one, and see that `mount` is a \
             KV engine of version 2",
        )?;
        Ok(Some(value.to_owned()))
    }
}

impl fmt::Display for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.server, f)
    }
}

/// The segments of a path.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

async fn body(mut response: Response) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let cut = "its answer broke off";
    while let Some(piece) = response
        .chunk()
        .await
        .map_err(reqwest::Error::without_url)
        .context(cut)?
    {
        bytes.extend_from_slice(&piece);
        if bytes.len() > ANSWER {
            bail!("its answer has more than {ANSWER} bytes: nobody writes such a secret");
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(url: &str, mount: &str, prefix: &str) -> Vault {
        let token = token("hidden").unwrap();
        Vault::new(server(url).unwrap(), token, mount, prefix)
    }

    #[test]
    fn a_variable_is_under_its_mount_and_prefix() {
        for (url, mount, prefix, place) in [
            ("http://h:8200", "secret", "", "/v1/secret/data/a_b"),
            (
                "http://h:8200/",
                "/kv/team/",
                "x/y/",
                "/v1/kv/team/data/x/y/a_b",
            ),
            (
                "http://h:8200/vault",
                "s",
                "p q",
                "/vault/v1/s/data/p%20q/a_b",
            ),
            ("http://h:8200", "..", "", "/v1/data/a_b"),
        ] {
            let found = vault(url, mount, prefix).place("a_b");
            assert_eq!(found.as_str(), format!("http://h:8200{place}"));
        }
    }

    #[test]
    fn neither_a_token_nor_a_password_is_shown() {
        for url in [
            "https://u:hidden@h",
            "https://hidden@h",
            "https://h/?token=hidden",
            "hidden",
            "ftp://hidden",
        ] {
            let message = server(url).unwrap_err();
            assert!(!message.contains("hidden"), "{message}");
        }
        assert!(!token("hidden\n").unwrap_err().contains("hidden"));
        assert!(!format!("{:?}", token("hidden")).contains("hidden"));
        assert_eq!(vault("http://h", "m", "").to_string(), "http://h/");
    }
}
