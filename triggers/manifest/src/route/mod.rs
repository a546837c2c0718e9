//! HTTP routes, with Spin's meaning.

mod error;
mod router;

pub use error::RouteError;
pub use router::Router;

/// The first segments of paths that are the host's own.
const RESERVED: [&str; 2] = ["_events", "_spindrift"];

/// A route: `/exact`, `/with/:name`, `/prefix/...`.
///
/// - A literal segment matches itself, byte for byte; paths are compared as they
///   arrive, percent-encoding and all.
/// - `:name` matches one segment that is not empty.
/// - `...`, last, matches whatever follows, nothing included: `/a/...` matches
///   `/a`, `/a/` and `/a/b/c`.
/// - As in Spin, a slash at the end says nothing (`/a` and `/a/` are the same
///   route and the same path), and slashes in a row count as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    text: String,
    segments: Vec<Segment>,
    wildcard: bool,
}

/// One segment of a route, `...` apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Literal(String),
    Parameter(String),
}

/// What a path is to the route that matched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch<'a> {
    /// The route that matched.
    pub route: &'a Route,
    /// Each `:name` with its segment of the path, not percent-decoded, in the
    /// order of the route.
    pub params: Vec<(&'a str, &'a str)>,
    /// What `...` matched, its leading slash included, as in Spin's
    /// `spin-path-info`: empty for a route without `...` and for `/a` under
    /// `/a/...`; `/` for `/a/`; `/b` for `/a/b`.
    pub path_info: &'a str,
}

/// Bytes of a route.
const LONGEST: usize = 2048;

impl Route {
    /// Reads a route.
    ///
    /// # Errors
    ///
    /// [`RouteError`] names what is malformed and how to write it.
    pub fn parse(text: &str) -> Result<Self, RouteError> {
        // Routers go down a segment at a time, and not without an end.
        if text.len() > LONGEST {
            return Err(RouteError::TooLong {
                length: text.len(),
                most: LONGEST,
            });
        }
        let Some(inner) = text.strip_prefix('/') else {
            return Err(RouteError::NoLeadingSlash(text.to_owned()));
        };
        let bad = |c: &char| !c.is_ascii_graphic() || matches!(c, '?' | '#');
        if let Some(character) = text.chars().find(bad) {
            return Err(RouteError::BadCharacter {
                route: text.to_owned(),
                character,
            });
        }
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let mut route = Self {
            text: text.to_owned(),
            segments: Vec::new(),
            wildcard: false,
        };
        if !inner.is_empty() {
            for segment in inner.split('/') {
                route.push(segment)?;
            }
        } else if text == "//" {
            return Err(RouteError::EmptySegment(text.to_owned()));
        }
        Ok(route)
    }

    fn push(&mut self, segment: &str) -> Result<(), RouteError> {
        let route = || self.text.clone();
        if self.wildcard {
            return Err(RouteError::WildcardNotLast(route()));
        }
        if segment.is_empty() {
            return Err(RouteError::EmptySegment(route()));
        }
        if segment == "..." {
            self.wildcard = true;
        } else if let Some(name) = segment.strip_prefix(':') {
            if name.is_empty() {
                return Err(RouteError::UnnamedParameter(route()));
            }
            if !name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            {
                return Err(RouteError::BadParameterName {
                    route: route(),
                    name: name.to_owned(),
                });
            }
            if self.parameters().any(|known| known == name) {
                return Err(RouteError::DuplicateParameter {
                    route: route(),
                    name: name.to_owned(),
                });
            }
            self.segments.push(Segment::Parameter(name.to_owned()));
        } else if segment.contains("...") || segment.contains('*') {
            return Err(RouteError::BadWildcard {
                route: route(),
                segment: segment.to_owned(),
            });
        } else {
            self.segments.push(Segment::Literal(segment.to_owned()));
        }
        Ok(())
    }

    /// The route as the manifest has it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it ends in `...`.
    pub fn has_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The names of its parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// A regular expression, as RE2 and its like have them, that whole paths match
    /// which the route matches.
    pub fn regex(&self) -> String {
        let mut regex = String::new();
        for segment in &self.segments {
            regex.push('/');
            match segment {
                Segment::Parameter(_) => regex.push_str("[^/]+"),
                Segment::Literal(text) => {
                    for character in text.chars() {
                        if !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_') {
                            regex.push('\\');
                        }
                        regex.push(character);
                    }
                }
            }
        }
        regex + if self.wildcard { "(/.*)?" } else { "/?" }
    }

    /// Whether it lies where no application's routes are: see [`is_reserved`].
    pub(crate) fn is_reserved(&self) -> bool {
        matches!(self.segments.first(), Some(Segment::Literal(text)) if RESERVED.contains(&&**text))
    }

    /// Its segments, `...` apart.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The same text for all routes that match the same paths.
    pub(crate) fn normalized(&self) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            text.push('/');
            text.push_str(match segment {
                Segment::Literal(literal) => literal,
                Segment::Parameter(_) => ":",
            });
        }
        text.push_str(if self.wildcard { "/..." } else { "" });
        text
    }

    /// What `path` (no query, no fragment) is to this route; `None` when the
    /// route does not match it. A path without a leading slash matches nothing.
    pub fn matches<'a>(&'a self, path: &'a str) -> Option<RouteMatch<'a>> {
        if !path.starts_with('/') {
            return None;
        }
        let mut params = Vec::new();
        let mut rest = path;
        for expected in &self.segments {
            let (segment, after) = split_segment(rest)?;
            match expected {
                Segment::Literal(literal) if literal == segment => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(name) => params.push((name.as_str(), segment)),
            }
            rest = after;
        }
        if !self.wildcard && split_segment(rest).is_some() {
            return None;
        }
        let path_info = if self.wildcard { squeeze(rest) } else { "" };
        Some(RouteMatch {
            route: self,
            params,
            path_info,
        })
    }
}

/// Whether a path (no query, no fragment) is the host's own: under `/_events`, where
/// it takes events and ticks, or under `/_spindrift`, where it answers probes. A route
/// such as `/...` matches it nevertheless.
pub fn is_reserved(path: &str) -> bool {
    split_segment(path).is_some_and(|(segment, _)| RESERVED.contains(&segment))
}

/// The first segment of a path, and what follows it. `None` when only slashes are left.
pub(crate) fn split_segment(path: &str) -> Option<(&str, &str)> {
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return None;
    }
    Some(path.split_at(path.find('/').unwrap_or(path.len())))
}

/// The rest of a path with one slash at most at either end.
fn squeeze(rest: &str) -> &str {
    let leading = rest.len() - rest.trim_start_matches('/').len();
    let start = leading.saturating_sub(1);
    let end = rest.trim_end_matches('/').len().max(start);
    let end = if rest[end..].starts_with('/') {
        end + 1
    } else {
        end
    };
    &rest[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_info(route: &str, path: &str) -> Option<String> {
        let route = Route::parse(route).unwrap();
        route.matches(path).map(|m| m.path_info.to_owned())
    }

    #[test]
    fn a_wildcard_matches_its_prefix_alone_too_and_hands_over_the_rest() {
        for (path, rest) in [
            ("/a", ""),
            ("/a/", "/"),
            ("/a//", "/"),
            ("/a/b", "/b"),
            ("/a/b/", "/b/"),
            ("/a//b//c//", "/b//c/"),
        ] {
            assert_eq!(path_info("/a/...", path).as_deref(), Some(rest), "{path}");
        }
        for (path, rest) in [("/", "/"), ("/x", "/x"), ("//", "/")] {
            assert_eq!(path_info("/...", path).as_deref(), Some(rest), "{path}");
        }
        assert_eq!(path_info("/a/...", "/ab"), None);
    }

    #[test]
    fn an_exact_route_ignores_a_slash_at_the_end_as_spin_does() {
        for route in ["/a/b", "/a/b/"] {
            for path in ["/a/b", "/a/b/", "//a//b"] {
                assert_eq!(
                    path_info(route, path).as_deref(),
                    Some(""),
                    "{route} {path}"
                );
            }
            for path in ["/a", "/a/b/c", "/a/B", "a/b", "", "*"] {
                assert_eq!(path_info(route, path), None, "{route} {path}");
            }
        }
        assert_eq!(path_info("/", "/").as_deref(), Some(""));
        assert_eq!(path_info("/", "/a"), None);
    }

    #[test]
    fn parameters_take_one_whole_segment_each() {
        let route = Route::parse("/a/:x/b/:y/...").unwrap();
        let found = route.matches("/a/1%202/b/3/4").unwrap();
        assert_eq!(found.params, [("x", "1%202"), ("y", "3")]);
        assert_eq!(found.path_info, "/4");
        assert_eq!(route.matches("/a//b/3"), None);
    }

    #[test]
    fn malformed_routes_are_refused_for_the_right_reason() {
        use RouteError as E;
        let route = |text: &str| Route::parse(text).unwrap_err();
        assert!(matches!(route("a"), E::NoLeadingSlash(_)));
        assert!(matches!(route(&"/a".repeat(1025)), E::TooLong { .. }));
        assert!(matches!(route(""), E::NoLeadingSlash(_)));
        assert!(matches!(route("//"), E::EmptySegment(_)));
        assert!(matches!(route("/a//b"), E::EmptySegment(_)));
        assert!(matches!(route("/.../a"), E::WildcardNotLast(_)));
        assert!(matches!(route("/.../..."), E::WildcardNotLast(_)));
        assert!(matches!(route("/a..."), E::BadWildcard { .. }));
        assert!(matches!(route("/a/*"), E::BadWildcard { .. }));
        assert!(matches!(route("/:"), E::UnnamedParameter(_)));
        assert!(matches!(route("/:a.json"), E::BadParameterName { .. }));
        assert!(matches!(route("/:a/:a"), E::DuplicateParameter { .. }));
        assert!(matches!(
            route("/a?b"),
            E::BadCharacter { character: '?', .. }
        ));
        assert!(matches!(
            route("/ä"),
            E::BadCharacter {
                character: 'ä', ..
            }
        ));
    }

    #[test]
    fn routes_that_differ_in_names_and_final_slash_are_the_same() {
        let same = |a: &str, b: &str| {
            Route::parse(a).unwrap().normalized() == Route::parse(b).unwrap().normalized()
        };
        assert!(same("/a/:x", "/a/:y/"));
        assert!(same("/...", "/.../"));
        assert!(!same("/a", "/a/..."));
        assert!(!same("/a/:x", "/a/x"));
    }

    #[test]
    fn what_is_the_hosts_own_is_so_however_it_is_written() {
        for path in [
            "/_events/notify",
            "//_events//notify",
            "/_events",
            "/_spindrift/readyz",
        ] {
            assert!(is_reserved(path), "{path}");
        }
        for path in ["/", "/a/_events", "/_eventsful", "/_", "_events2"] {
            assert!(!is_reserved(path), "{path}");
        }
    }
}
