//! The way of spans to a collector: OTLP over HTTP.
//!
//! It is told by the environment, as the [OpenTelemetry specification] names the
//! variables. A collector that is away or slow costs spans, never a request: they wait in
//! a queue of bounded length, and what finds it full is dropped.
//!
//! [OpenTelemetry specification]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

use std::env;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;

/// Either of them asks for the export, unless the last one forbids it.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const DISABLED: &str = "OTEL_SDK_DISABLED";

/// How spans may travel. Others are refused rather than sent to where they are not
/// understood.
const PROTOCOLS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
const PROTOCOL: &str = "http/protobuf";

/// How long the last spans may take when the process ends.
const LAST: Duration = Duration::from_secs(5);

/// How long a request to the collector may take. The exporter gives up earlier.
const PATIENCE: Duration = Duration::from_secs(30);

static EXPORT: OnceLock<Export> = OnceLock::new();

struct Export {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// Why spans cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A protocol that is not spoken here.
    #[error(
        "{variable} is {value:?}: spans are sent by {PROTOCOL} alone; a collector takes it on port 4318"
    )]
    Protocol {
        /// The variable that asks for it.
        variable: &'static str,
        /// What it says.
        value: String,
    },
    /// The environment asks for what cannot be.
    #[error("traces cannot be exported as the variables OTEL_* say: {0}")]
    Settings(String),
}

/// Starts exporting spans, in a Tokio runtime, if the environment names a collector.
/// `service` is the process's name there unless `OTEL_SERVICE_NAME` says another;
/// `version` is its version. Answers whether it does.
///
/// # Errors
///
/// [`Error`] when the environment asks for what cannot be.
pub fn start(service: &str, version: &'static str) -> Result<bool, Error> {
    let given = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let disabled = given(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if disabled || (given(TRACES_ENDPOINT).is_none() && given(ENDPOINT).is_none()) {
        return Ok(false);
    }
    let asked = PROTOCOLS
        .iter()
        .find_map(|name| Some((*name, given(name)?)));
    if let Some((variable, value)) = asked.filter(|(_, value)| value != PROTOCOL) {
        return Err(Error::Protocol { variable, value });
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new()?)
        .build()
        .map_err(|error| Error::Settings(error.to_string()))?;
    let mut resource = Resource::builder();
    // The builder has asked the environment; what is said after it would win.
    if given("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(service.to_owned());
    }
    let resource = resource.with_attribute(KeyValue::new("service.version", version));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    let tracer = provider.tracer("spindrift");
    // Once in a process.
    Ok(EXPORT.set(Export { provider, tracer }).is_ok())
}

/// Sends the spans that have ended and were not sent yet. Called before the process
/// ends, outside of the runtime, which has to be there still.
pub fn finish() {
    if let Some(export) = EXPORT.get() {
        // Whatever it would say of the last ones nobody can mend any more.
        _ = export.provider.shutdown_with_timeout(LAST);
    }
}

/// Who makes spans, if anybody does.
pub(crate) fn tracer() -> Option<&'static SdkTracer> {
    EXPORT.get().map(|export| &export.tracer)
}

/// Sends by the runtime: the exporter's own thread has none.
#[derive(Debug)]
struct Client {
    client: reqwest::Client,
    runtime: Handle,
}

impl Client {
    fn new() -> Result<Self, Error> {
        // A provider that is there already serves as well.
        _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build();
        Ok(Self {
            client: client.map_err(|error| Error::Settings(error.to_string()))?,
            runtime: Handle::current(),
        })
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let answer = client.execute(request.try_into()?).await?;
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            *response.body_mut() = answer.bytes().await?;
            Ok(response)
        });
        sent.await?
    }
}
