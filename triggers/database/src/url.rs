//! Database URLs.

use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_postgres::config::Host;
use tokio_postgres::{AsyncMessage, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::error::{describe, is_unanswered};
use crate::tls::{self, Authorities};

/// A database URL, understood: what a connection or a pool is made from.
#[derive(Clone)]
pub struct Target {
    /// The driver's configuration.
    pub config: Config,
    /// TLS, as the URL's `sslmode` asks for it. See [`tls::connector`].
    pub tls: MakeRustlsConnect,
}

impl Target {
    /// Reads `postgres://...`, `postgresql://...` or libpq's `key=value` form.
    ///
    /// Beyond the driver's own parameters this takes libpq's `sslrootcert`, and
    /// `sslmode=verify-ca` and `verify-full` (both as `require`, which here always
    /// verifies the server in full). Without a `connect_timeout` it is 10 seconds.
    ///
    /// # Errors
    /// [`Error::Url`], which never repeats the URL: there is a password in it.
    pub fn parse(url: &str) -> Result<Self, Error> {
        Self::parse_trusting(url, None)
    }

    /// As [`Self::parse`]; with `authorities`, PEM, those alone are believed.
    ///
    /// # Errors
    /// As [`Self::parse`], and [`Error::Tls`] for a text that holds no certificate.
    pub fn parse_trusting(url: &str, authorities: Option<&str>) -> Result<Self, Error> {
        if let Some(scheme) = foreign_scheme(url) {
            return Err(Error::Url {
                reason: format!("it begins with `{scheme}://`, and the database is PostgreSQL"),
            });
        }
        let (url, root_certificate) = without_libpq_parameters(url);
        let mut config: Config = url.parse().map_err(|cause| Error::Url {
            reason: describe(&cause),
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(Error::Url {
                reason: "it names no host".to_owned(),
            });
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        let authorities = match (authorities, &root_certificate) {
            (Some(pem), _) => Authorities::Pem(pem),
            (None, Some(path)) => Authorities::File(path),
            (None, None) => Authorities::Usual,
        };
        let tls = tls::connector(config.get_ssl_mode(), authorities)?;
        Ok(Self { config, tls })
    }

    /// Connects. The connection ends when the client is dropped.
    ///
    /// # Errors
    /// [`Error::Connect`], which names host, port and user.
    pub async fn connect(&self) -> Result<Client, Error> {
        self.connect_listening(Arc::default()).await
    }

    /// As [`Self::connect`]; `notified` is told of every NOTIFY that the session is
    /// sent, whatever its channel.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub async fn connect_listening(&self, notified: Arc<Notify>) -> Result<Client, Error> {
        let (client, mut connection) =
            self.config
                .connect(self.tls.clone())
                .await
                .map_err(|cause| Error::Connect {
                    address: self.address(),
                    user: self
                        .config
                        .get_user()
                        .unwrap_or("the present user")
                        .to_owned(),
                    reason: describe(&cause),
                    code: cause.code().cloned(),
                    unanswered: is_unanswered(&cause),
                })?;
        tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    Ok(AsyncMessage::Notification(_)) => notified.notify_one(),
                    // What the server has to say beside its answers.
                    Ok(_) => {}
                    Err(cause) => {
                        tracing::debug!(error = describe(&cause), "a database connection ended");
                        break;
                    }
                }
            }
        });
        Ok(client)
    }

    /// The first host as `host:port`, or the folder of its socket.
    fn address(&self) -> String {
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        match (
            self.config.get_hosts().first(),
            self.config.get_hostaddrs().first(),
        ) {
            (Some(Host::Tcp(host)), _) if host.contains(':') => format!("[{host}]:{port}"),
            (Some(Host::Tcp(host)), _) => format!("{host}:{port}"),
            (Some(Host::Unix(folder)), _) => folder.display().to_string(),
            (None, Some(address)) => std::net::SocketAddr::new(*address, port).to_string(),
            (None, None) => "no host".to_owned(),
        }
    }
}

/// Connects to a database URL once.
///
/// # Errors
/// As [`Target::parse`] and [`Target::connect`].
pub async fn connect(url: &str) -> Result<Client, Error> {
    Target::parse(url)?.connect().await
}

/// The URL's server as `host:port`, in the form of `allowed_outbound_hosts`.
///
/// # Errors
/// [`Error::Url`] when the URL is malformed or names a socket: functions connect by TCP.
pub fn host_and_port(url: &str) -> Result<String, Error> {
    let target = Target::parse(url)?;
    if matches!(target.config.get_hosts().first(), Some(Host::Unix(_))) {
        let reason =
            "it names a socket, but functions connect by TCP; use host=127.0.0.1".to_owned();
        return Err(Error::Url { reason });
    }
    Ok(target.address())
}

/// The same URL, with sessions that begin as `role`.
///
/// The role is a setting of the connection itself, so `RESET ROLE` and `RESET ALL`
/// come back to it. It is weaker than a login of the role's own: who can send any
/// statement on such a connection can `SET ROLE` to whatever the URL's user may be.
///
/// # Errors
/// [`Error::Url`] when the URL is malformed.
pub fn with_role(url: &str, role: &str) -> Result<String, Error> {
    let target = Target::parse(url)?;
    // Spaces separate options and a backslash escapes.
    let role = role.replace('\\', r"\\").replace(' ', r"\ ");
    let options = match target.config.get_options() {
        Some(present) => format!("{present} -c role={role}"),
        None => format!("-c role={role}"),
    };
    if !is_url(url) {
        let quoted = options.replace('\\', r"\\").replace('\'', r"\'");
        return Ok(format!("{url} options='{quoted}'"));
    }
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    let kept = parameters
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("options="));
    let own = format!("options={}", percent_encode(&options));
    let parameters: Vec<&str> = kept.chain([own.as_str()]).collect();
    Ok(format!("{base}?{}", parameters.join("&")))
}

/// The scheme of a URL that is none of PostgreSQL's.
fn foreign_scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_scheme && !is_url(text)).then_some(scheme)
}

fn is_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// The file that a URL's `sslrootcert` names.
pub(crate) fn root_certificate(url: &str) -> Option<PathBuf> {
    without_libpq_parameters(url).1
}

fn without_libpq_parameters(url: &str) -> (String, Option<PathBuf>) {
    let Some((base, parameters)) = url.split_once('?').filter(|_| is_url(url)) else {
        return (url.to_owned(), None);
    };
    let mut root_certificate = None;
    let mut kept = Vec::new();
    for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslrootcert", path)) => {
                root_certificate = Some(PathBuf::from(percent_decode(path)));
            }
            Some(("sslmode", "verify-ca" | "verify-full")) => kept.push("sslmode=require"),
            _ => kept.push(pair),
        }
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    (format!("{base}{mark}{}", kept.join("&")), root_certificate)
}

/// RFC 3986: everything but unreserved characters.
pub(crate) fn percent_encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match code {
            Some(code) if first == b'%' => {
                bytes.push(code);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    #[test]
    fn a_role_joins_the_options_that_are_there() {
        let url = with_role(
            "postgres://u:p@h/db?options=-c%20jit%3Doff&sslmode=disable",
            "spindrift_app",
        )
        .unwrap();
        assert_eq!(
            url,
            "postgres://u:p@h/db?sslmode=disable&options=-c%20jit%3Doff%20-c%20role%3Dspindrift_app"
        );
        let config = Target::parse(&url).unwrap().config;
        assert_eq!(
            config.get_options(),
            Some("-c jit=off -c role=spindrift_app")
        );
    }

    #[test]
    fn a_role_joins_a_url_without_parameters_and_the_key_value_form() {
        let url = with_role("postgres://u:p@h/db", "app").unwrap();
        assert_eq!(url, "postgres://u:p@h/db?options=-c%20role%3Dapp");
        let text = with_role("host=h user=u", "app").unwrap();
        assert_eq!(
            Target::parse(&text).unwrap().config.get_options(),
            Some("-c role=app")
        );
    }

    #[test]
    fn host_and_port_are_what_an_allow_list_takes() {
        assert_eq!(
            host_and_port("postgres://u:p@db.example.com:25060/x").unwrap(),
            "db.example.com:25060"
        );
        assert_eq!(
            host_and_port("postgresql://u@db.example.com/x").unwrap(),
            "db.example.com:5432"
        );
        assert!(
            host_and_port("postgres:///x?host=/run/postgresql")
                .unwrap_err()
                .to_string()
                .contains("socket")
        );
    }

    #[test]
    fn libpqs_way_to_say_verify_is_understood() {
        let target = Target::parse("postgres://h/x?sslmode=verify-full").unwrap();
        assert_eq!(target.config.get_ssl_mode(), SslMode::Require);
        let missing = Target::parse("postgres://h/x?sslmode=require&sslrootcert=%2Fno%2Fsuch.pem")
            .err()
            .unwrap();
        assert!(missing.to_string().contains("/no/such.pem"), "{missing}");
    }

    #[test]
    fn a_malformed_url_is_not_repeated() {
        let error = Target::parse("postgres://u:hunter2@h:port/db")
            .err()
            .unwrap()
            .to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn another_database_is_refused_by_its_scheme() {
        let error = Target::parse("mysql://u:hunter2@h/db").err().unwrap();
        assert!(
            matches!(&error, Error::Url { reason } if reason.contains("`mysql://`")),
            "{error}"
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
