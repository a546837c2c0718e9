//! `If-Match` (RFC 9110, section 13.1.1).

use http::header;

use crate::{Kind, Problem, Request};

/// What the caller believes to be the current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// No header, or `*`: any version will do, as long as there is one.
    Any,
    /// One of these.
    OneOf(Vec<i64>),
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// `invalid-parameter` when it is no list of entity tags.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let values = request.headers().get_all(header::IF_MATCH);
        let mut versions = Vec::new();
        let mut present = false;
        for value in values {
            present = true;
            let text = value.to_str().map_err(|_| malformed())?;
            if text.trim() == "*" {
                return Ok(Self::Any);
            }
            for tag in text.split(',') {
                versions.extend(version(tag.trim())?);
            }
        }
        Ok(if present {
            Self::OneOf(versions)
        } else {
            Self::Any
        })
    }

    /// Whether `version` is one that the caller expects.
    ///
    /// # Errors
    ///
    /// `version-changed` (412) when it is not.
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => Err(Problem::new(
                Kind::VERSION_CHANGED,
                format!("The current version is \"{version}\"."),
            )),
            _ => Ok(()),
        }
    }
}

/// The version in one entity tag. A weak tag, or one that we never made, is well
/// formed but matches nothing.
fn version(tag: &str) -> Result<Option<i64>, Problem> {
    let (weak, opaque) = tag
        .strip_prefix("W/")
        .map_or((false, tag), |rest| (true, rest));
    let inner = opaque
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|inner| !inner.contains('"'))
        .ok_or_else(malformed)?;
    Ok(if weak { None } else { inner.parse().ok() })
}

fn malformed() -> Problem {
    Problem::invalid_parameter(
        "`If-Match` takes entity tags in quotation marks, as `ETag` gave them, or `*`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method, Uri};

    fn of(value: Option<&str>) -> Result<IfMatch, Problem> {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(header::IF_MATCH, value.parse().unwrap());
        }
        IfMatch::of(&Request::new(
            Method::PUT,
            Uri::from_static("/"),
            headers,
            Bytes::new(),
        ))
    }

    #[test]
    fn an_absent_header_and_a_star_match_everything() {
        assert_eq!(of(None).unwrap(), IfMatch::Any);
        assert_eq!(of(Some("*")).unwrap(), IfMatch::Any);
    }

    #[test]
    fn one_of_several_tags_is_enough() {
        let tags = of(Some(r#""3", "5""#)).unwrap();
        assert!(tags.check(5).is_ok());
        assert_eq!(tags.check(4).unwrap_err().kind(), Kind::VERSION_CHANGED);
    }

    #[test]
    fn a_weak_or_foreign_tag_matches_nothing() {
        assert!(of(Some(r#"W/"3""#)).unwrap().check(3).is_err());
        assert!(of(Some(r#""abc""#)).unwrap().check(3).is_err());
    }

    #[test]
    fn a_tag_without_quotation_marks_is_refused() {
        assert_eq!(of(Some("3")).unwrap_err().kind(), Kind::INVALID_PARAMETER);
    }
}
