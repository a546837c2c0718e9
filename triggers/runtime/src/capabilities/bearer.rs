//! What servers with a secret token know the caller by.

use http::HeaderValue;

/// The value of `authorization` with this token. It is marked as sensitive: its `Debug`
/// doesn't show it.
///
/// # Errors
///
/// No header can hold it; in words that do not show it.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
        "the token holds what no header can: look for a line break in it".to_owned()
    })?;
    value.set_sensitive(true);
    Ok(value)
}
