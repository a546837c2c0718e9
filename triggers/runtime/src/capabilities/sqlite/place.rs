//! Where databases are, as an operator says it.

use std::path::PathBuf;

use http::{HeaderValue, Uri};

use crate::capabilities::bearer::bearer;

/// What may be written, for whoever wrote something else.
const ALLOWED: &str = "write `libsql://host`, `https://host` or `http://host:port`";

/// Where a SQLite database is.
#[derive(Clone, Debug)]
pub enum SqlitePlace {
    /// In a file, which is made at first use.
    File(PathBuf),
    /// On a server, which is connected to at first use.
    Server(SqliteServer),
}

/// A server that speaks libSQL's protocol, and what it is to know the caller by.
#[derive(Clone, Debug)]
pub struct SqliteServer {
    /// By http or https, and without a slash at its end.
    pub(super) base: String,
    /// Marked as sensitive: its `Debug` doesn't show it.
    pub(super) authorization: Option<HeaderValue>,
}

impl SqliteServer {
    /// The server at `libsql://host`, which means https, `https://host` or
    /// `http://host:port`.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL, in words that do not repeat it.
    pub fn at(url: &str) -> Result<Self, String> {
        let uri = url
            .parse::<Uri>()
            .map_err(|error| format!("not a URL: {error}; {ALLOWED}"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(format!("not a whole URL: {ALLOWED}"));
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "libsql" | "https" => "https",
            "http" => "http",
            _ => return Err(format!("databases are asked by http or https: {ALLOWED}")),
        };
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(
                "must hold neither a user nor a query: the token goes into `token`".to_owned(),
            );
        }
        let path = uri.path().trim_end_matches('/');
        Ok(Self {
            base: format!("{scheme}://{authority}{path}"),
            authorization: None,
        })
    }

    /// The same, with the token that goes with each request.
    ///
    /// # Errors
    ///
    /// It cannot be sent; in words that do not show it.
    pub fn with_token(mut self, token: &str) -> Result<Self, String> {
        self.authorization = Some(bearer(token)?);
        Ok(self)
    }

    /// Where a server wants the rest of a stream sent to, by its own words.
    ///
    /// # Errors
    ///
    /// It is no such URL, or would have the token sent in the clear.
    pub(super) fn elsewhere(&self, url: &str) -> Result<String, String> {
        let base = Self::at(url)?.base;
        if is_secure(&self.base) && !is_secure(&base) {
            return Err("it is asked by https, and that is none".to_owned());
        }
        Ok(base)
    }
}

fn is_secure(base: &str) -> bool {
    base.starts_with("https:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_by_http_or_https() {
        for (url, base) in [
            ("libsql://db.example.com", "https://db.example.com"),
            ("LIBSQL://db.example.com/", "https://db.example.com"),
            ("libsql://h:8080", "https://h:8080"),
            ("https://h/dev/db/", "https://h/dev/db"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(SqliteServer::at(url).unwrap().base, base, "{url}");
        }
    }

    #[test]
    fn what_is_no_server_is_told_without_its_url() {
        for url in [
            "",
            "hidden",
            "hidden.db:1",
            "file:///hidden",
            "ws://hidden",
            "libsql://u:hidden@h",
            "libsql://hidden@h",
            "libsql://h?authToken=hidden",
        ] {
            let told = SqliteServer::at(url).unwrap_err();
            assert!(!told.contains("hidden"), "{told}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let server = SqliteServer::at("https://h").unwrap();
        let shown = server.clone().with_token("hidden").unwrap();
        assert!(!format!("{shown:?}").contains("hidden"));
        let told = server.with_token("hidden\n").unwrap_err();
        assert!(!told.contains("hidden"), "{told}");
    }

    #[test]
    fn the_rest_of_a_stream_goes_nowhere_in_the_clear() {
        let secure = SqliteServer::at("libsql://h").unwrap();
        assert_eq!(secure.elsewhere("https://other/").unwrap(), "https://other");
        assert!(secure.elsewhere("http://other").is_err());
        assert!(secure.elsewhere("other").is_err());
        let open = SqliteServer::at("http://h").unwrap();
        assert_eq!(open.elsewhere("http://other").unwrap(), "http://other");
    }
}
