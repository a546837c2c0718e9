//! Which of many routes a path belongs to.

use std::collections::BTreeMap;

use super::{Route, RouteMatch, Segment, split_segment};

/// Finds the most specific route of a path.
///
/// Segment by segment, from the left, a literal beats a parameter and a parameter
/// beats `...`; a choice that leads nowhere is taken back. So among `/a/b/...`,
/// `/a/:x/c` and `/...`, the path `/a/b/c` goes to the first, `/a/z/c` to the
/// second, `/a/z` to the third.
///
/// Looking up is linear in the length of the path and the number of routes at
/// worst, and allocates for the parameters of the route found alone.
#[derive(Clone, Debug)]
pub struct Router<T> {
    routes: Vec<(Route, T)>,
    /// The trie; the first node is the root.
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    literals: BTreeMap<String, usize>,
    parameter: Option<usize>,
    /// The route that ends here, as an index into `routes`.
    exact: Option<usize>,
    /// The route that has its `...` here.
    wildcard: Option<usize>,
}

impl<T> Router<T> {
    /// A router over `routes`. [`load`](crate::load()) refuses identical routes;
    /// where some come in nevertheless, the first of them is served.
    pub fn new(routes: impl IntoIterator<Item = (Route, T)>) -> Self {
        let mut router = Self {
            routes: Vec::new(),
            nodes: vec![Node::default()],
        };
        for (route, value) in routes {
            router.insert(route, value);
        }
        router
    }

    fn insert(&mut self, route: Route, value: T) {
        let mut at = 0;
        for segment in route.segments() {
            let next = self.nodes.len();
            let slot = match segment {
                Segment::Literal(text) => {
                    self.nodes[at].literals.entry(text.clone()).or_insert(next)
                }
                Segment::Parameter(_) => self.nodes[at].parameter.get_or_insert(next),
            };
            at = *slot;
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        let node = &mut self.nodes[at];
        let end = if route.has_wildcard() {
            &mut node.wildcard
        } else {
            &mut node.exact
        };
        end.get_or_insert(self.routes.len());
        self.routes.push((route, value));
    }

    /// The most specific route that matches `path` (no query, no fragment), and
    /// what was given for it.
    pub fn route<'r: 'a, 'a>(&'r self, path: &'a str) -> Option<(RouteMatch<'a>, &'r T)> {
        let (route, value) = &self.routes[self.find(0, path)?];
        Some((route.matches(path)?, value))
    }

    /// Every node lies at one depth, so each is visited once at most.
    fn find(&self, node: usize, path: &str) -> Option<usize> {
        let node = &self.nodes[node];
        let Some((segment, rest)) = split_segment(path) else {
            return node.exact.or(node.wildcard);
        };
        let literal = node
            .literals
            .get(segment)
            .and_then(|&next| self.find(next, rest));
        literal
            .or_else(|| node.parameter.and_then(|next| self.find(next, rest)))
            .or(node.wildcard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'r>(routes: &'r [&'r str], path: &str) -> Option<&'r str> {
        let pairs = routes
            .iter()
            .map(|text| (Route::parse(text).unwrap(), *text));
        Router::new(pairs).route(path).map(|(_, text)| *text)
    }

    #[test]
    fn the_most_specific_route_wins_whatever_the_order() {
        let mut routes = vec![
            "/a/b/...", "/a/:x/c", "/...", "/a", "/a/...", "/a/:x", "/:x/...",
        ];
        for _ in 0..routes.len() {
            routes.rotate_left(1);
            for (path, expected) in [
                ("/a/b/c", "/a/b/..."),
                ("/a/b", "/a/b/..."),
                ("/a/z/c", "/a/:x/c"),
                ("/a/z", "/a/:x"),
                ("/a/z/", "/a/:x"),
                ("/a/z/d", "/a/..."),
                ("/a", "/a"),
                ("/a/", "/a"),
                ("/z", "/:x/..."),
                ("/", "/..."),
            ] {
                assert_eq!(found(&routes, path), Some(expected), "{path}");
            }
        }
    }

    #[test]
    fn a_choice_that_leads_nowhere_is_taken_back() {
        let routes = ["/a/b/d", "/a/:x/c"];
        assert_eq!(found(&routes, "/a/b/c"), Some("/a/:x/c"));
        assert_eq!(found(&routes, "/a/b/e"), None);
        assert_eq!(found(&routes, "a/b/d"), None);
    }

    #[test]
    fn the_value_outlives_the_path_that_found_it() {
        let router = Router::new([(Route::parse("/a/:id").unwrap(), 7)]);
        let value = {
            let path = String::from("/a/1");
            router.route(&path).unwrap().1
        };
        assert_eq!(*value, 7);
    }
}
