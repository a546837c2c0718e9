//! Requests of functions to their own application.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use futures::future::BoxFuture;
use http::{Request, Response, Uri};

use crate::Body;

/// What Spin's service chaining calls components: `http://<component>.spin.internal`.
const INTERNAL: &str = ".spin.internal";

/// By what the application's own routes are reached, wherever it is served.
const OWN: &str = "self.alt";

/// Whom in its own application a function's request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Neighbour {
    /// One component, whatever routes it has.
    Component(String),
    /// Whoever has the route.
    Route,
}

impl Neighbour {
    /// Whom a request to `uri` is for; `None` for one that leaves the application.
    pub(crate) fn of(uri: &Uri) -> Option<Self> {
        let host = uri.host().filter(|_| uri.scheme_str() == Some("http"))?;
        match host.strip_suffix(INTERNAL) {
            Some(component) => Some(Self::Component(component.to_owned())),
            None => (host == OWN).then_some(Self::Route),
        }
    }
}

/// Who answers such requests: whoever answers all others, too.
pub trait Neighbours: Send + Sync {
    /// Has a request answered. `None` when there is no such component here.
    fn answer(
        self: Arc<Self>,
        neighbour: &Neighbour,
        request: Request<Body>,
    ) -> Option<BoxFuture<'static, Response<Body>>>;
}

/// The neighbours of a process's functions, which are known once all of them are loaded.
/// Weak, for they know the functions.
#[derive(Default)]
pub(crate) struct Introduced(RwLock<Option<Weak<dyn Neighbours>>>);

impl Introduced {
    pub(crate) fn introduce(&self, neighbours: Weak<dyn Neighbours>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(neighbours);
    }

    pub(crate) fn get(&self) -> Option<Arc<dyn Neighbours>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref()?.upgrade()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &'static str) -> Option<Neighbour> {
        Neighbour::of(&Uri::from_static(uri))
    }

    #[test]
    fn a_neighbour_is_called_by_its_name_and_the_routes_by_self() {
        let store = Neighbour::Component("store".to_owned());
        assert_eq!(of("http://store.spin.internal/a?b"), Some(store.clone()));
        assert_eq!(of("http://store.spin.internal:80/"), Some(store));
        assert_eq!(of("http://self.alt/a"), Some(Neighbour::Route));
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for uri in [
            "https://store.spin.internal/",
            "http://spin.internal/",
            "http://store.spin.internal.example.com/",
            "http://self.alt.example.com/",
            "/a",
        ] {
            assert_eq!(of(uri), None, "{uri}");
        }
    }
}
