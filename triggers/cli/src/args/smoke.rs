//! `spindrift smoke`

use std::time::Duration;

use clap::Args;
use http::Uri;

use super::{OutputArgs, duration};

/// `spindrift smoke`
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  spindrift smoke http://r1-tasks.todo.svc.cluster.local/api/health http://r1-docs.todo.svc.cluster.local/

An answer of 2xx or 3xx is well; redirects are not followed. 404, 5xx and no answer at all are
asked again until the time is up, for routes take a moment to be there. Anything else is bad at
once.")]
pub(crate) struct SmokeArgs {
    /// What to GET.
    #[arg(value_name = "URL", required = true, value_parser = address)]
    pub(crate) urls: Vec<Uri>,
    /// How long each may take until it is well.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

fn address(text: &str) -> Result<Uri, String> {
    match text.parse::<Uri>() {
        Ok(uri) if uri.scheme_str() == Some("http") && uri.host().is_some() => Ok(uri),
        Ok(uri) if uri.scheme_str() == Some("https") => {
            Err("begins with `https`: name a cluster-local `http` address".to_owned())
        }
        _ => Err("is no address such as http://tasks.todo.svc.cluster.local/api/health".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_addresses_are_taken() {
        assert!(address("http://a/b?c").is_ok());
        for text in ["", "a", "/a", "https://a", "ftp://a"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
