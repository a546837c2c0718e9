//! Lines for the operator. The host adds the function's name to what a
//! function writes to its standard error.

use std::io::Write as _;

/// Writes one line about something that the operator should look at. Never put
/// a token, a password or a person's text into it.
pub fn error(request_id: &str, message: &str) {
    // There is nobody to tell when standard error is gone.
    _ = writeln!(std::io::stderr(), "{message} request_id={request_id}");
}
