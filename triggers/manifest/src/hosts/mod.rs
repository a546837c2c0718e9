//! Which servers a function may reach: `allowed_outbound_hosts`, with Spin's meaning.

mod entry;

use thiserror::Error;

use crate::app::Component;
use crate::template::Template;
pub use entry::HostError;
use entry::{Entry, default_port};

/// The servers that one component may reach. Empty: none.
///
/// Each entry is `scheme://host[:port]`:
/// - `scheme` is letters, or `*` for any;
/// - `host` is a name, `*.example.com` (its subdomains, not itself), an address,
///   a network such as `10.0.0.0/8`, `*` for any, or `self` for the application's
///   own routes; names are compared without case, IPv6 is written in brackets;
/// - `port` is a number, `*`, or a range `8000..9000` that excludes its end; left
///   out, it is the scheme's own, so a scheme without one must have a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    entries: Vec<Entry>,
}

/// A function asked for a server that its component may not reach. The message
/// is for the author of the function: it prints the lines that would allow it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "component \"{component}\" may not reach {server}; allow it in spin.toml:\n\n\
     [component.{component}]\nallowed_outbound_hosts = {list}"
)]
pub struct HostDenied {
    /// The component's id.
    pub component: String,
    /// The server as `scheme://host[:port]`, without credentials and path.
    pub server: String,
    /// The whole array that would allow it, as TOML.
    list: String,
}

impl AllowedHosts {
    /// Reads the entries of a component, expanded.
    ///
    /// # Errors
    ///
    /// [`HostError`] says what is wrong with the first malformed entry;
    /// [`App::expand`](crate::App::expand) has found those already.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, HostError> {
        let entries = entries.iter().map(|entry| Entry::parse(entry.as_ref()));
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a function may reach `host` (a name or an address, IPv6 with or
    /// without brackets) by `scheme`. Without a port, the scheme's own is meant.
    pub fn check(&self, scheme: &str, host: &str, port: impl Into<Option<u16>>) -> bool {
        let scheme = scheme.to_ascii_lowercase();
        let host = plain(host);
        let port = port.into().or_else(|| default_port(&scheme));
        self.entries
            .iter()
            .any(|entry| entry.allows(&scheme, &host, port))
    }

    /// Whether a function may call the application's own routes by a relative URL.
    pub fn allows_self(&self) -> bool {
        self.entries.iter().any(Entry::is_self)
    }

    /// Whether a function may open sockets to some port of `host`, by TCP or by UDP: whether
    /// it may look up where that is.
    pub fn check_lookup(&self, host: &str) -> bool {
        let host = plain(host);
        let allows = |entry: &Entry| {
            entry.allows_somewhere("tcp", &host) || entry.allows_somewhere("udp", &host)
        };
        self.entries.iter().any(allows)
    }

    /// The names that entries allow for a scheme in lower case and a port. Patterns and
    /// addresses are not among them.
    pub fn names(&self, scheme: &str, port: u16) -> Vec<String> {
        let names = self
            .entries
            .iter()
            .filter_map(|entry| entry.name(scheme, port));
        names.map(str::to_owned).collect()
    }

    /// The error for a name that [`Self::check_lookup`] refused to `component`.
    pub fn lookup_denied(&self, component: &Component, host: &str) -> HostDenied {
        refusal(component, format!("tcp://{}:*", plain(host)))
    }

    /// The error for a server that [`Self::check`] refused to `component`. It lists
    /// the entries as the manifest has them, so that it shows no variable's value.
    pub fn denied(
        &self,
        component: &Component,
        scheme: &str,
        host: &str,
        port: impl Into<Option<u16>>,
    ) -> HostDenied {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let host = if bare.contains(':') {
            format!("[{bare}]")
        } else {
            bare.to_owned()
        };
        let scheme = scheme.to_ascii_lowercase();
        let mut server = format!("{scheme}://{host}");
        if let Some(port) = port
            .into()
            .filter(|port| default_port(&scheme) != Some(*port))
        {
            server.push_str(&format!(":{port}"));
        }
        refusal(component, server)
    }
}

/// A host as entries have it.
fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

fn refusal(component: &Component, server: String) -> HostDenied {
    let known = component
        .allowed_outbound_hosts
        .iter()
        .map(Template::as_str);
    let list: toml_edit::Array = known.chain([server.as_str()]).collect();
    HostDenied {
        component: component.id.clone(),
        server,
        list: list.to_string(),
    }
}

#[cfg(test)]
mod tests;
