//! The two cookies of a session (RFC 6265).

use http::{HeaderValue, header};
use kit::{Problem, Request, Response, origin};

/// Carries the access token.
pub(crate) const ACCESS: &str = "access";
/// Carries the refresh token.
pub(crate) const REFRESH: &str = "refresh";

/// Sets a cookie for `seconds`; none at all takes it away. Scripts can't read it,
/// and other sites' writes don't carry it.
pub(crate) fn set(
    response: Response,
    request: &Request,
    name: &str,
    value: &str,
    seconds: i64,
) -> Result<Response, Problem> {
    let secure = if is_plain_loopback(request) {
        ""
    } else {
        "; Secure"
    };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let value = HeaderValue::try_from(cookie)
        .map_err(|_| Problem::internal(format!("cookie `{name}` is not a header value")))?;
    Ok(response.add_header(header::SET_COOKIE, value))
}

/// Takes both cookies away.
pub(crate) fn clear(response: Response, request: &Request) -> Result<Response, Problem> {
    let response = set(response, request, ACCESS, "", 0)?;
    set(response, request, REFRESH, "", 0)
}

/// Whether the request has one of the two.
pub(crate) fn are_in(request: &Request) -> bool {
    [ACCESS, REFRESH]
        .iter()
        .any(|name| request.cookie(name).is_some())
}

/// Plain HTTP on one's own machine, where browsers would drop a `Secure` cookie and
/// nobody is on the wire.
fn is_plain_loopback(request: &Request) -> bool {
    let own = origin::own(request).unwrap_or_default();
    let Some(authority) = own.strip_prefix("http://") else {
        return false;
    };
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Method, StatusCode, Uri};

    fn cookie_for(origin: &str) -> String {
        let uri: Uri = format!("{origin}/api/auth/login").parse().unwrap();
        let request = Request::new(Method::POST, uri, HeaderMap::new(), Default::default());
        let response = set(Response::new(StatusCode::OK), &request, ACCESS, "abc", 900).unwrap();
        response.headers()[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn a_cookie_is_secure_except_on_plain_loopback() {
        let plain = "access=abc; Path=/; Max-Age=900; HttpOnly; SameSite=Lax";
        for origin in [
            "http://127.0.0.1:3000",
            "http://localhost:3000",
            "http://app.localhost",
            "http://[::1]:80",
        ] {
            assert_eq!(cookie_for(origin), plain, "{origin}");
        }
        for origin in [
            "https://todo.example",
            "https://127.0.0.1",
            "http://todo.example",
            "http://127.0.0.1.example",
            "http://notlocalhost",
        ] {
            assert_eq!(cookie_for(origin), format!("{plain}; Secure"), "{origin}");
        }
    }

    #[test]
    fn clearing_ends_both_cookies_at_once() {
        let uri = Uri::from_static("https://todo.example/api/auth/logout");
        let request = Request::new(Method::POST, uri, HeaderMap::new(), Default::default());
        let response = clear(Response::no_content(), &request).unwrap();
        let set: Vec<_> = response
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .collect();
        assert_eq!(
            set[0],
            "access=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            set[1],
            "refresh=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
