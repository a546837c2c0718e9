//! Where functions are served.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use http::Uri;
use spindrift_http::event_sink;

/// Stands for a component's id.
const COMPONENT: &str = "{component}";

/// Where functions are served: `http://{component}.example`, to which the path of the
/// component's event sink is added.
#[derive(Clone, Debug)]
pub(crate) struct Address(String);

impl Address {
    /// Where events for a component go.
    pub(crate) fn sink(&self, component: &str) -> String {
        let base = self.0.replace(COMPONENT, component);
        base + &event_sink(component)
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = Self(text.trim_end_matches('/').to_owned());
        let sink: Result<Uri, _> = address.sink("component").parse();
        match sink {
            Ok(uri) if uri.scheme_str() == Some("http") && uri.host().is_some() => Ok(address),
            Ok(uri) if uri.scheme_str() == Some("https") => Err(
                "begins with `https`, and events are posted inside of a cluster: name a \
                 cluster-local `http` address"
                    .to_owned(),
            ),
            _ => Err("is no address such as http://{component}.todo.svc.cluster.local".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_names_each_component() {
        let address: Address = "http://{component}.todo.svc.cluster.local/"
            .parse()
            .unwrap();
        assert_eq!(
            address.sink("notify"),
            "http://notify.todo.svc.cluster.local/_events/notify"
        );
        let one: Address = "http://127.0.0.1:8080".parse().unwrap();
        assert_eq!(one.sink("notify"), "http://127.0.0.1:8080/_events/notify");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "notify",
            "ftp://a",
            "http://",
            "https://a",
            "http://a b",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }
}
