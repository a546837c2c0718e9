//! Where functions are served.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use http::Uri;
use spindrift_http::event_sink;

use super::Placement;

/// Stands for a component's id.
const COMPONENT: &str = "{component}";

/// Stands for the service that serves it.
const SERVICE: &str = "{service}";

/// Where functions are served: `http://{service}.example`.
#[derive(Clone, Debug)]
pub(crate) struct Address(String);

impl Address {
    /// Where a component is served.
    pub(crate) fn of(&self, component: &str, placement: &Placement) -> String {
        let base = self.0.replace(COMPONENT, component);
        base.replace(SERVICE, placement.service(component))
    }

    /// Where events for a component go.
    pub(crate) fn sink(&self, component: &str, placement: &Placement) -> String {
        self.of(component, placement) + &event_sink(component)
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
        // A number can stand for a host's name, and for its port.
        let sink = address.sink("1", &Placement::default());
        match sink.parse::<Uri>() {
            Ok(uri) if uri.scheme_str() == Some("http") && uri.host().is_some() => Ok(address),
            Ok(uri) if uri.scheme_str() == Some("https") => Err(
                "begins with `https`, and functions are called inside of a cluster: name a \
                 cluster-local `http` address"
                    .to_owned(),
            ),
            _ => Err("is no address such as http://{service}.todo.svc.cluster.local".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Placement};

    #[test]
    fn an_address_names_each_component() {
        let own = Placement::default();
        let address: Address = "http://{component}.todo.svc.cluster.local/"
            .parse()
            .unwrap();
        assert_eq!(
            address.sink("notify", &own),
            "http://notify.todo.svc.cluster.local/_events/notify"
        );
        let one: Address = "http://127.0.0.1:8080".parse().unwrap();
        assert_eq!(
            one.sink("notify", &own),
            "http://127.0.0.1:8080/_events/notify"
        );
    }

    #[test]
    fn an_address_names_the_service_that_a_component_is_placed_in() {
        let address: Address = "http://{service}.todo:8080".parse().unwrap();
        let placement: Placement = "tasks=api".parse().unwrap();
        assert_eq!(address.of("tasks", &placement), "http://api.todo:8080");
        assert_eq!(address.of("docs", &placement), "http://docs.todo:8080");
        assert_eq!(
            address.sink("tasks", &placement),
            "http://api.todo:8080/_events/tasks"
        );
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
