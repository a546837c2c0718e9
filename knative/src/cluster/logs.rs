//! The logs of the release that serves.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt, stream};
use http_body_util::BodyExt;
use kube::api::LogParams;
use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::io::StreamReader;

use super::Cluster;
use super::api::Api;
use super::error::{Error, Result};
use super::kinds::POD;
use super::objects::{label, name};
use super::own::of_release;
use super::pods;
use super::record::Record;
use crate::labels;

/// How many lines wait for a slow reader.
const WAITING: usize = 256;

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// Only of these services; of all when empty. The relay has a name, too.
    pub services: Vec<String>,
    /// Goes on with what is written from now on, also by pods that start later.
    pub follow: bool,
    /// Only what was written since so long ago.
    pub since: Option<Duration>,
    /// Only so many of the last lines of each pod.
    pub tail: Option<u32>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// The Knative service, or what else runs.
    pub service: String,
    /// The pod.
    pub pod: String,
    /// The line as it was written.
    pub text: String,
}

impl Cluster {
    /// The log lines of the pods of the release that serves, as they come. Ends by
    /// itself unless it follows; dropping it ends it, too.
    ///
    /// # Errors
    /// [`Error::Refused`] when no release serves; those of asking the cluster.
    pub async fn logs(
        &self,
        app: &str,
        namespace: &str,
        options: LogOptions,
    ) -> Result<impl Stream<Item = Line> + use<>> {
        let api = self.api(namespace, &Default::default());
        let record = Record::read(&api, app).await?;
        let Some(serving) = record.serving() else {
            return Err(Error::Refused(format!(
                "no release of {app} serves in namespace {namespace}"
            )));
        };
        let selector = of_release(app, &serving.release);
        let first = chosen(&api, &selector, &options).await?;
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(read_all(api, selector, options, first, sender));
        Ok(stream::unfold(receiver, |mut receiver| async {
            Some((receiver.recv().await?, receiver))
        }))
    }
}

/// Reads the logs of all pods until they end, or nobody listens.
async fn read_all(
    api: Api,
    selector: String,
    options: LogOptions,
    mut pods: Vec<Value>,
    lines: mpsc::Sender<Line>,
) {
    let mut known = BTreeSet::new();
    // Dropped with this, and all readers with it.
    let mut readers = JoinSet::new();
    loop {
        for pod in pods {
            if known.insert(name(&pod).to_owned()) {
                readers.spawn(read(api.clone(), pod, options.clone(), lines.clone()));
            }
        }
        if !options.follow {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(api.timing.watch) => {}
            () = lines.closed() => return,
        }
        // A look that fails is made up for by the next one.
        pods = chosen(&api, &selector, &options).await.unwrap_or_default();
    }
    while readers.join_next().await.is_some() {}
}

async fn chosen(api: &Api, selector: &str, options: &LogOptions) -> Result<Vec<Value>> {
    let mut pods = api.list(&POD, selector).await?;
    pods.retain(|pod| {
        options.services.is_empty() || options.services.iter().any(|name| *name == service(pod))
    });
    Ok(pods)
}

fn service(pod: &Value) -> &str {
    match label(pod, "serving.knative.dev/service") {
        "" => label(pod, labels::NAME),
        service => service,
    }
}

async fn read(api: Api, pod: Value, options: LogOptions, lines: mpsc::Sender<Line>) {
    let line = |text: String| Line {
        service: service(&pod).to_owned(),
        pod: name(&pod).to_owned(),
        text,
    };
    let ended = copy(&api, &pod, &options, |text| lines.send(line(text))).await;
    if let Err(error) = ended {
        // A pod that is not there any more has no log, which the reader may know.
        let _ = lines.send(line(format!("({error})"))).await;
    }
}

async fn copy<F, E>(
    api: &Api,
    pod: &Value,
    options: &LogOptions,
    take: impl Fn(String) -> F,
) -> Result<()>
where
    F: Future<Output = Result<(), E>>,
{
    let what = format!("read the log of {}", name(pod));
    let params = LogParams {
        container: Some(pods::container(pod).to_owned()),
        follow: options.follow,
        since_seconds: options
            .since
            .map(|since| i64::try_from(since.as_secs().max(1)).unwrap_or(i64::MAX)),
        tail_lines: options.tail.map(i64::from),
        ..LogParams::default()
    };
    let request = api.log_request(&what, name(pod), &params)?;
    let body = api.stream(&what, &request).await?.into_body();
    let bytes = body.into_data_stream().map_err(std::io::Error::other);
    let mut lines = StreamReader::new(bytes.boxed()).lines();
    loop {
        match lines.next_line().await {
            Ok(Some(text)) => {
                if take(text).await.is_err() {
                    return Ok(());
                }
            }
            Ok(None) => return Ok(()),
            Err(error) => {
                return Err(Error::Answer {
                    what,
                    why: error.to_string(),
                });
            }
        }
    }
}
