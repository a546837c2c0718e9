//! What a request is about: its path, verb and query.

use std::collections::HashMap;

use hyper::Method;
use percent_encoding::percent_decode_str;

/// A resource in a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) namespace: String,
    pub(super) plural: String,
    pub(super) name: String,
    /// `status`, `log`, `proxy`.
    pub(super) subresource: String,
    /// What follows, which only a proxy has; with its slash.
    pub(super) rest: String,
}

impl Target {
    /// `None` where the path is about no resource.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let (group, rest) = match path.split_once('/')? {
            ("api", rest) => ("", rest),
            ("apis", rest) => rest.split_once('/')?,
            _ => return None,
        };
        let (version, mut rest) = rest.split_once('/')?;
        let mut target = Self {
            group: group.to_owned(),
            version: version.to_owned(),
            ..Self::default()
        };
        // A namespace is a resource too, when nothing follows but its status.
        let within = rest.strip_prefix("namespaces/");
        if let Some((namespace, below)) = within.and_then(|within| within.split_once('/'))
            && below != "status"
        {
            target.namespace = decoded(namespace);
            rest = below;
        }
        let mut parts = rest.splitn(3, '/').map(decoded);
        target.plural = parts.next().filter(|plural| !plural.is_empty())?;
        target.name = parts.next().unwrap_or_default();
        let below = parts.next().unwrap_or_default();
        let (subresource, rest) = match below.find('/') {
            Some(slash) => below.split_at(slash),
            None => (below.as_str(), ""),
        };
        subresource.clone_into(&mut target.subresource);
        rest.clone_into(&mut target.rest);
        Some(target)
    }

    /// As `kubectl` names it, with the subresource: `pods/log`, `jobs.batch`.
    pub(super) fn resource(&self) -> String {
        let dotted = match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        };
        match self.subresource.as_str() {
            "" => dotted,
            subresource => format!("{dotted}/{subresource}"),
        }
    }

    /// The resource as rules name it: without the group.
    pub(super) fn ruled(&self) -> String {
        match self.subresource.as_str() {
            "" => self.plural.clone(),
            subresource => format!("{}/{subresource}", self.plural),
        }
    }

    /// The verb that rules name.
    pub(super) fn verb(&self, method: &Method, query: &Query) -> Option<&'static str> {
        let one = !self.name.is_empty();
        Some(match *method {
            Method::GET if query.is("watch") => "watch",
            Method::GET if one => "get",
            Method::GET => "list",
            Method::POST => "create",
            Method::PUT => "update",
            Method::PATCH => "patch",
            Method::DELETE if one => "delete",
            Method::DELETE => "deletecollection",
            _ => return None,
        })
    }
}

/// The parameters of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(HashMap<String, String>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let decoded = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                decoded(&key.replace('+', " ")),
                decoded(&value.replace('+', " ")),
            )
        };
        Self(pairs.map(decoded).collect())
    }

    /// Empty where it is absent.
    pub(super) fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    pub(super) fn is(&self, key: &str) -> bool {
        matches!(self.get(key), "true" | "1")
    }

    pub(super) fn dry_run(&self) -> bool {
        self.get("dryRun") == "All"
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn paths_name_resources() {
        let parsed = |path| {
            let target = Target::parse(path)?;
            let Target {
                namespace,
                name,
                rest,
                ..
            } = &target;
            Some(format!("{} {namespace} {name} {rest}", target.resource()))
        };
        for (path, expected) in [
            ("/api/v1/namespaces", "namespaces   "),
            ("/api/v1/namespaces/a", "namespaces  a "),
            ("/api/v1/namespaces/a/status", "namespaces/status  a "),
            ("/api/v1/namespaces/a/pods/b/log", "pods/log a b "),
            (
                "/api/v1/namespaces/a/pods/b%3A80/proxy/x/y",
                "pods/proxy a b:80 /x/y",
            ),
            ("/apis/apps/v1/deployments", "deployments.apps   "),
            ("/apis/batch/v1/namespaces/a/jobs/b", "jobs.batch a b "),
        ] {
            assert_eq!(parsed(path).as_deref(), Some(expected), "{path}");
        }
        for path in ["/version", "/apis", "/api/v1", "/apis/apps/v1"] {
            assert_eq!(parsed(path), None, "{path}");
        }
    }
}
