//! Which service serves which component.

use std::collections::BTreeMap;
use std::str::FromStr;

use clap::Args;

/// Where components are placed.
#[derive(Args, Debug, Default)]
pub(crate) struct PlacementArgs {
    /// The service that serves a component, where that is not called as the component is.
    #[arg(
        long,
        value_name = "COMPONENT=SERVICE,...",
        default_value = "",
        hide_default_value = true,
        env = "SPINDRIFT_PLACEMENT"
    )]
    pub(crate) placement: Placement,
}

/// Services by component. A component that is not in it has one of its own, called as
/// it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Placement(BTreeMap<String, String>);

impl Placement {
    /// The service that serves a component.
    pub(crate) fn service<'a>(&'a self, component: &'a str) -> &'a str {
        self.0.get(component).map_or(component, String::as_str)
    }

    /// The components that are placed.
    pub(crate) fn components(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

impl FromStr for Placement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut services = BTreeMap::new();
        for entry in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let pair = entry.split_once('=');
            let Some((component, service)) = pair.filter(|(c, s)| !c.is_empty() && is_name(s))
            else {
                return Err(format!(
                    "`{entry}` does not place a component: write COMPONENT=SERVICE"
                ));
            };
            let service = service.to_owned();
            if services.insert(component.to_owned(), service).is_some() {
                return Err(format!("`{component}` is placed twice"));
            }
        }
        Ok(Self(services))
    }
}

/// Whether a name can stand in a host's name.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_where_it_is_placed_or_else_where_it_is_called() {
        let placement: Placement = "tasks=api, auth=api".parse().unwrap();
        assert_eq!(placement.service("tasks"), "api");
        assert_eq!(placement.service("auth"), "api");
        assert_eq!(placement.service("docs"), "docs");
        assert_eq!(placement.components(), ["auth", "tasks"]);
        assert_eq!("".parse(), Ok(Placement::default()));
    }

    #[test]
    fn what_places_nothing_is_refused() {
        for text in ["tasks", "tasks=", "=api", "tasks=a.b", "a=b,a=c", "a=b=c"] {
            assert!(text.parse::<Placement>().is_err(), "{text}");
        }
    }
}
