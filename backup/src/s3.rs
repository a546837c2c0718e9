//! Buckets that speak S3, such as DigitalOcean's Spaces.

use std::collections::BTreeMap;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};

use crate::Error;

/// How long one request may take: a part of a backup, on a slow line.
const REQUEST: Duration = Duration::from_secs(300);
/// How long a request is tried again, pauses included.
const PATIENCE: Duration = Duration::from_secs(180);

/// A bucket, by the variables that every client of S3 knows. Nothing else is looked at:
/// no file of credentials, and no server that might give some.
pub(crate) fn open(
    bucket: &str,
    environment: &BTreeMap<String, String>,
) -> Result<AmazonS3, Error> {
    // Somebody may have chosen before: then that one is used.
    _ = rustls::crypto::ring::default_provider().install_default();
    let given = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let needed = |name| given(name).ok_or(Error::Credentials(name));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_access_key_id(needed("AWS_ACCESS_KEY_ID")?)
        .with_secret_access_key(needed("AWS_SECRET_ACCESS_KEY")?)
        .with_region(given("AWS_REGION").map_or("us-east-1", String::as_str))
        // One by one: not everything that speaks S3 takes several.
        .with_disable_bulk_delete(true)
        .with_retry(RetryConfig {
            retry_timeout: PATIENCE,
            ..RetryConfig::default()
        });
    let mut client = ClientOptions::new().with_timeout(REQUEST);
    if let Some(token) = given("AWS_SESSION_TOKEN") {
        builder = builder.with_token(token);
    }
    if let Some(endpoint) = given("AWS_ENDPOINT_URL") {
        // Who names an address without TLS means it: a server on this machine.
        client = client.with_allow_http(endpoint.starts_with("http://"));
        builder = builder.with_endpoint(endpoint);
    }
    builder
        .with_client_options(client)
        .build()
        .map_err(Error::store("use", &format!("s3://{bucket}")))
}
