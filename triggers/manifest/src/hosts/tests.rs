//! Which entries allow which servers.

use super::*;

fn allows(entry: &str, scheme: &str, host: &str, port: Option<u16>) -> bool {
    AllowedHosts::parse(&[entry])
        .unwrap()
        .check(scheme, host, port)
}

#[test]
fn nothing_is_allowed_until_declared() {
    let none = AllowedHosts::default();
    assert!(!none.check("https", "example.com", 443) && !none.allows_self());
}

#[test]
fn an_entry_means_its_scheme_its_host_and_its_port() {
    for (entry, scheme, host, port, expected) in [
        ("https://example.com", "https", "example.com", None, true),
        (
            "https://example.com",
            "https",
            "example.com",
            Some(443),
            true,
        ),
        (
            "https://Example.COM/",
            "HTTPS",
            "EXAMPLE.com.",
            Some(443),
            true,
        ),
        (
            "https://example.com",
            "https",
            "example.com",
            Some(8443),
            false,
        ),
        (
            "https://example.com",
            "http",
            "example.com",
            Some(443),
            false,
        ),
        (
            "https://example.com",
            "https",
            "www.example.com",
            None,
            false,
        ),
        ("postgres://db", "postgres", "db", Some(5432), true),
        ("redis://db", "redis", "db", None, true),
        ("mqtts://broker", "mqtts", "broker", Some(8883), true),
        ("*://db:5432", "postgres", "db", None, true),
        ("*://*:*", "ftp", "anything", None, true),
        ("http://*", "http", "anything", None, true),
        ("http://*", "http", "anything", Some(81), false),
        ("http://a:8000..8002", "http", "a", Some(8000), true),
        ("http://a:8000..8002", "http", "a", Some(8001), true),
        ("http://a:8000..8002", "http", "a", Some(8002), false),
        ("http://a:65535", "http", "a", Some(65535), true),
        ("ftp://a:*", "ftp", "a", None, true),
        ("ftp://a:21", "ftp", "a", None, false),
    ] {
        let seen = allows(entry, scheme, host, port);
        assert_eq!(seen, expected, "{entry} {scheme} {host} {port:?}");
    }
}

#[test]
fn a_star_means_subdomains_and_not_the_domain_itself() {
    let entry = "https://*.example.com";
    for (host, expected) in [
        ("a.example.com", true),
        ("a.b.example.com", true),
        ("example.com", false),
        (".example.com", false),
        ("badexample.com", false),
        ("a.example.com.evil.org", false),
    ] {
        assert_eq!(allows(entry, "https", host, None), expected, "{host}");
    }
}

#[test]
fn networks_hold_addresses_however_they_are_written() {
    for (entry, host, expected) in [
        ("http://10.0.0.0/8", "10.1.2.3", true),
        ("http://10.0.0.0/8:80", "10.1.2.3", true),
        ("http://10.0.0.0/8", "11.0.0.0", false),
        ("http://10.0.0.0/8", "[::ffff:10.1.2.3]", true),
        ("http://10.0.0.0/8", "10.example.com", false),
        ("http://0.0.0.0/0", "203.0.113.9", true),
        ("http://0.0.0.0/0", "::1", false),
        ("http://127.0.0.1", "127.0.0.1", true),
        ("http://127.0.0.1", "127.0.0.2", false),
        ("http://[::1]:80", "::1", true),
        ("http://[::1]", "[0:0:0:0:0:0:0:1]", true),
        ("http://[fd00::]/8", "[fd12::1]", true),
        ("http://[fd00::/8]:80", "[fe80::1]", false),
    ] {
        assert_eq!(
            allows(entry, "http", host, None),
            expected,
            "{entry} {host}"
        );
    }
}

#[test]
fn self_means_the_own_routes_alone() {
    for entry in [
        "http://self",
        "https://self",
        "*://self",
        "http://self.alt",
        "http://*",
    ] {
        assert!(
            AllowedHosts::parse(&[entry]).unwrap().allows_self(),
            "{entry}"
        );
    }
    assert!(
        !AllowedHosts::parse(&["postgres://*"])
            .unwrap()
            .allows_self()
    );
    assert!(!allows("http://self", "http", "self", None));
}

#[test]
fn malformed_entries_are_refused_for_the_right_reason() {
    use HostError as E;
    for (entry, error) in [
        ("", E::NoScheme),
        ("example.com:443", E::NoScheme),
        ("://example.com", E::BadScheme),
        ("http2://example.com", E::BadScheme),
        ("{http,https}://example.com", E::List),
        ("https://a@b", E::Credentials),
        ("https://a/b", E::Path),
        ("https://a:1/b", E::Path),
        ("https://a?b", E::Path),
        ("https://", E::BadHost),
        ("https://::1", E::BadHost),
        ("https://*.*.com", E::BadHost),
        ("https://a b", E::BadHost),
        ("https://10.0.0.0/33", E::BadHost),
        ("https://a:", E::BadPort),
        ("https://a:65536", E::BadPort),
        ("https://a:2..2", E::BadPort),
        ("gopher://a", E::NoPort),
    ] {
        assert_eq!(AllowedHosts::parse(&[entry]), Err(error), "{entry}");
    }
}

#[test]
fn a_name_is_looked_up_where_sockets_to_it_are_allowed() {
    let hosts = AllowedHosts::parse(&[
        "tcp://Tcp.example.com:7",
        "udp://*.udp.example.com:53",
        "*://any.example.com:1..9",
        "http://http.example.com",
        "tcp://10.0.0.0/8:7",
    ])
    .unwrap();
    for (name, expected) in [
        ("tcp.example.com", true),
        ("TCP.example.com.", true),
        ("a.udp.example.com", true),
        ("any.example.com", true),
        ("http.example.com", false),
        ("example.com", false),
    ] {
        assert_eq!(hosts.check_lookup(name), expected, "{name}");
    }
    assert_eq!(
        hosts.names("tcp", 7),
        ["tcp.example.com", "any.example.com"]
    );
    assert_eq!(hosts.names("udp", 8), ["any.example.com"]);
    assert!(hosts.names("tcp", 9).is_empty());
}
