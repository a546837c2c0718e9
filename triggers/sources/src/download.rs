//! Files by HTTP.

use std::time::Duration;

use reqwest::Client;

use crate::meter::Meter;

/// How long a server may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may say nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(15 * 60);

/// The file at a URL, of `limit` bytes at the most.
///
/// # Errors
///
/// Why there is none. Nothing of the URL is in it.
pub(crate) async fn download(
    url: &str,
    limit: u64,
    meter: &mut Meter<'_>,
) -> Result<Vec<u8>, String> {
    // Somebody may have chosen before: then that one is used.
    _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE)
        .user_agent(concat!("spindrift/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(why)?;
    let mut response = client.get(url).send().await.map_err(why)?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("the server answers {status}"));
    }
    let whole = response.content_length();
    let too_long = || format!("it has more than the {limit} bytes that a component may have");
    if whole.is_some_and(|whole| whole > limit) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(why)? {
        bytes.extend_from_slice(&piece);
        let received = bytes.len() as u64;
        if received > limit {
            return Err(too_long());
        }
        meter.tell(received, whole);
    }
    Ok(bytes)
}

/// An error and what caused it, without the URL: it may hold a token.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        said.push_str(": ");
        said.push_str(&deeper.to_string());
        cause = deeper.source();
    }
    said
}
