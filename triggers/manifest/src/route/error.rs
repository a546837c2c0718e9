//! What may be wrong with a route.

use thiserror::Error;

/// Why a text is no route.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RouteError {
    /// It does not begin with a slash.
    #[error("route `{0}` must begin with `/`: write `/{0}`")]
    NoLeadingSlash(String),
    /// Longer than any route needs to be.
    #[error("a route of {length} bytes is too long: at most {most} are read")]
    TooLong {
        /// Its bytes.
        length: usize,
        /// How many may be.
        most: usize,
    },
    /// Two slashes in a row.
    #[error("route `{0}` has an empty segment: remove the second of the two slashes in a row")]
    EmptySegment(String),
    /// `...` before the end.
    #[error("in route `{0}` something follows `...`: `...` must be the last segment")]
    WildcardNotLast(String),
    /// `*`, or `...` with more text in its segment.
    #[error(
        "segment `{segment}` of route `{route}` is no wildcard: `...` must be a segment of its own, \
         as in `/files/...`"
    )]
    BadWildcard {
        /// The whole route.
        route: String,
        /// The segment.
        segment: String,
    },
    /// `:` without a name after it.
    #[error("route `{0}` has a `:` without a name: write `:id`, say")]
    UnnamedParameter(String),
    /// A name that is not made of letters, digits, `_` and `-`.
    #[error(
        "parameter `:{name}` of route `{route}` is malformed: its name must be letters, digits, `_` \
         and `-`, and nothing follows it in its segment"
    )]
    BadParameterName {
        /// The whole route.
        route: String,
        /// The name, without its colon.
        name: String,
    },
    /// One name twice.
    #[error("route `{route}` has two parameters named `:{name}`: give each its own name")]
    DuplicateParameter {
        /// The whole route.
        route: String,
        /// The name, without its colon.
        name: String,
    },
    /// A character that a request's path never holds.
    #[error(
        "route `{route}` holds {character:?}, which the path of a request never does: leave it out, \
         or percent-encode it"
    )]
    BadCharacter {
        /// The whole route.
        route: String,
        /// The first such character.
        character: char,
    },
}
