//! Functions that ask their own application, which they do within a process.

use spindrift_manifest::App;

use super::{Mistakes, Placed};

/// Whether whom a function may ask is served where it is.
pub(super) fn check(app: &App, placed: &Placed, mistakes: &mut Mistakes) {
    for places in [&placed.routed, &placed.called] {
        for (id, service) in places {
            let elsewhere = |other: &&String| places.get(*other) != Some(service);
            let hosts = &app.components[id].allowed_outbound_hosts;
            let own = hosts.iter().filter_map(|host| neighbour(host.as_str()));
            for name in own {
                let apart = match name {
                    Some(name) => app.components.keys().find(|id| *id == name),
                    None => placed.routed.keys().find(elsewhere),
                };
                if let Some(other) = apart.filter(elsewhere) {
                    mistakes.add(
                        &app.manifest,
                        format!("component.{id}.allowed_outbound_hosts"),
                        format!(
                            "a function asks its own application within a process, and in the cluster \
                             `{other}` is served by another than `{id}`: place both in one, by the same \
                             `service` in `tool.spindrift`, or take the host out"
                        ),
                    );
                }
            }
        }
    }
}

/// The component that an allowed host is, or nothing for the application's own routes;
/// `None` for a host elsewhere, and for all at once.
fn neighbour(host: &str) -> Option<Option<&str>> {
    let (_, host) = host.split_once("://")?;
    let host = host.split(':').next().unwrap_or_default();
    match host.strip_suffix(".spin.internal") {
        Some("*") => None,
        Some(component) => Some(Some(component)),
        None => ["self", "self.alt"].contains(&host).then_some(None),
    }
}

#[cfg(test)]
mod tests {
    use super::neighbour;

    #[test]
    fn neighbours_are_told_from_others() {
        assert_eq!(neighbour("http://store.spin.internal"), Some(Some("store")));
        assert_eq!(
            neighbour("http://store.spin.internal:80"),
            Some(Some("store"))
        );
        for own in ["http://self", "*://self.alt", "http://self:80"] {
            assert_eq!(neighbour(own), Some(None), "{own}");
        }
        for other in ["http://*.spin.internal", "https://example.com", "*://*:*"] {
            assert_eq!(neighbour(other), None, "{other}");
        }
    }
}
