//! Which pages may change things here (defence against forged requests, CSRF).

use http::header;

use crate::{Kind, Problem, Request};

/// Checks `Origin` (RFC 6454). One that is present must be the request's own
/// or one of `allowed` (separated by commas); an absent one is refused when
/// `cookies` authenticate, because browsers send it with every such write.
///
/// # Errors
///
/// `origin-not-allowed` (403).
pub fn check(request: &Request, allowed: &str, cookies: bool) -> Result<(), Problem> {
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return if cookies { Err(missing()) } else { Ok(()) };
    };
    let origin = origin.to_str().unwrap_or("");
    let known = own(request).is_some_and(|own| own.eq_ignore_ascii_case(origin))
        || allowed
            .split(',')
            .any(|one| one.trim().eq_ignore_ascii_case(origin));
    // An empty list has one empty entry, which is nobody's origin.
    if known && !origin.is_empty() {
        Ok(())
    } else {
        Err(foreign())
    }
}

/// The origin that the request was sent to: scheme and authority.
pub fn own(request: &Request) -> Option<String> {
    let url = full_url(request);
    let authority = url.as_ref().unwrap_or(request.uri()).authority()?;
    Some(format!("{}://{authority}", scheme(request)))
}

/// `https` or `http`, as the caller's browser sees it. A proxy in front says so in
/// `x-forwarded-proto`; no page can send that across origins, so that it opens
/// nothing to whoever makes it up.
pub fn scheme(request: &Request) -> &'static str {
    let forwarded = request.header(header::HeaderName::from_static("x-forwarded-proto"));
    let forwarded = forwarded
        .and_then(|list| list.split(',').next())
        .map(str::trim);
    let url = full_url(request);
    let own = url.as_ref().unwrap_or(request.uri()).scheme_str();
    if forwarded
        .or(own)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    {
        "https"
    } else {
        "http"
    }
}

/// The address as the caller wrote it, which the host puts together.
fn full_url(request: &Request) -> Option<http::Uri> {
    request
        .header(header::HeaderName::from_static("spin-full-url"))?
        .parse()
        .ok()
}

fn missing() -> Problem {
    Problem::new(
        Kind::ORIGIN_NOT_ALLOWED,
        "A change that cookies sign needs an `Origin` header. Or send the access token as Bearer.",
    )
}

fn foreign() -> Problem {
    Problem::new(
        Kind::ORIGIN_NOT_ALLOWED,
        "This `Origin` is neither the server's own nor one of `allowed_origins`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method, Uri};

    fn from(origin: Option<&str>, forwarded: Option<&str>) -> Request {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        if let Some(proto) = forwarded {
            headers.insert("x-forwarded-proto", proto.parse().unwrap());
        }
        let url = "http://127.0.0.1:3000/api/tasks?q=x";
        headers.insert("spin-full-url", url.parse().unwrap());
        let uri = Uri::from_static("/api/tasks?q=x");
        Request::new(Method::POST, uri, headers, Bytes::new())
    }

    #[test]
    fn ones_own_page_may_write() {
        assert!(check(&from(Some("http://127.0.0.1:3000"), None), "", true).is_ok());
        assert!(
            check(
                &from(Some("https://127.0.0.1:3000"), Some("https")),
                "",
                true
            )
            .is_ok()
        );
    }

    #[test]
    fn a_foreign_page_may_not_write() {
        for origin in ["https://evil.example", "http://127.0.0.1:3001", "null", ""] {
            assert!(
                check(&from(Some(origin), None), "", true).is_err(),
                "{origin}"
            );
            assert!(
                check(&from(Some(origin), None), "", false).is_err(),
                "{origin}"
            );
        }
    }

    #[test]
    fn a_listed_page_may_write() {
        let list = "https://a.example, https://b.example";
        assert!(check(&from(Some("https://b.example"), None), list, true).is_ok());
        assert!(check(&from(Some("https://c.example"), None), list, true).is_err());
    }

    #[test]
    fn an_absent_origin_is_refused_only_with_cookies() {
        assert!(check(&from(None, None), "", true).is_err());
        assert!(check(&from(None, None), "", false).is_ok());
    }
}
