//! Files as URLs, which is how Spin names them.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What a path may hold and a URL's path may not.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The absolute path that a `file://` URL (RFC 8089) names; `None` for any other URL, for
/// a host that is not this one, and for a path that is not UTF-8.
pub fn file_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if path.contains(['?', '#']) {
        return None;
    }
    let path = percent_decode_str(path).decode_utf8().ok()?;
    (path.starts_with('/') && !path.contains('\0')).then(|| PathBuf::from(path.into_owned()))
}

/// The `file://` URL of an absolute path; `None` for a relative one, and for one that is
/// not UTF-8.
pub fn file_url(path: &Path) -> Option<String> {
    let text = path.to_str().filter(|text| text.starts_with('/'))?;
    Some(format!("file://{}", utf8_percent_encode(text, ESCAPED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_after_it_was_a_url() {
        for path in ["/", "/a/b.wasm", "/a b/ü #1?/100%/{x}"] {
            let url = file_url(Path::new(path)).unwrap();
            assert_eq!(file_path(&url), Some(PathBuf::from(path)), "{url}");
        }
        assert_eq!(
            file_url(Path::new("/a b")).as_deref(),
            Some("file:///a%20b")
        );
    }

    #[test]
    fn what_names_no_file_of_this_machine_is_none() {
        for url in [
            "",
            "/a",
            "file:/a",
            "file://elsewhere/a",
            "https://example.com/a",
            "file:///a?b",
            "file:///a%00b",
            "file:///%FF",
        ] {
            assert_eq!(file_path(url), None, "{url}");
        }
        assert_eq!(file_path("file://localhost/a"), Some(PathBuf::from("/a")));
        assert_eq!(file_url(Path::new("a")), None);
    }
}
