//! The listener: from a request on the wire to what it is about, and back.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, USER_AGENT};
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::State;
use super::answer::{Answer, Body, Refusal, json, typed};
use super::calls::Call;
use super::discovery;
use super::faults::{Action, Fault};
use super::pods;
use super::rbac::Attempt;
use super::target::{Query, Target};
use super::verbs::{self, Request};
use super::view::View;
use crate::kinds;
use crate::store::meta;

/// Where a client asks what it may do.
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// The connection is to break off.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut")]
struct Cut;

/// Serves until it is dropped.
pub(super) async fn serve(state: Arc<State>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // Answers are written whole: waiting for more to send only delays them.
        _ = stream.set_nodelay(true);
        let state = state.clone();
        connections.spawn(async move {
            let answer = service_fn(|request| answer(state.clone(), request));
            // A connection that breaks off concerns its client alone.
            _ = auto::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(
    state: Arc<State>,
    request: hyper::Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let request = hyper::Request::from_parts(head, body);
    let path = request.uri().path().to_owned();
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let sent: Option<Value> = serde_json::from_slice(request.body()).ok();
    let in_body = |sent: &Value| sent["dryRun"][0] == "All";
    let dry_run = query.dry_run() || sent.as_ref().is_some_and(in_body);
    let target = Target::parse(&path);
    let verb = match &target {
        Some(target) => target.verb(request.method(), &query),
        None => (request.method() == Method::GET).then_some("get"),
    };
    let named = target.clone().unwrap_or_default();
    let posted = || sent.as_ref().map(|sent| meta(sent, "name").to_owned());
    let call = state.called(Call {
        verb: verb.unwrap_or("connect"),
        resource: target.as_ref().map_or(path.clone(), Target::resource),
        namespace: named.namespace.clone(),
        name: if verb == Some("create") && named.name.is_empty() {
            posted().unwrap_or_default()
        } else {
            named.name.clone()
        },
        dry_run,
        manager: Some(query.get("fieldManager").to_owned()).filter(|name| !name.is_empty()),
        body: sent.clone(),
        status: 0,
    });

    let faults = state.faults_of(call);
    if let Some(refused) = befall(&state, &faults, false, &named).await? {
        return Ok(state.answered(call, refused));
    }
    let answer = match (target, verb) {
        _ if !state.knows(header(&request, &AUTHORIZATION)) => {
            Err(Refusal::new(401, "Unauthorized", "Unauthorized"))
        }
        (_, Some("create")) if path == REVIEWS => {
            Ok(json(201, &state.review(sent.unwrap_or_default())))
        }
        (Some(target), Some(verb)) => {
            about(&state, call, target, verb, query, request, sent, dry_run)
        }
        (None, Some("get")) => Ok(about_itself(&state, &path, &request)),
        _ => Err(state.unexpected(&format!("{} {path}", request.method()))),
    };
    let answer = answer.unwrap_or_else(|refusal| refusal.answer());
    if let Some(refused) = befall(&state, &faults, true, &named).await? {
        return Ok(state.answered(call, refused));
    }
    Ok(state.answered(call, answer))
}

/// What the faults before or after a call come to.
async fn befall(
    state: &State,
    faults: &[Fault],
    after: bool,
    target: &Target,
) -> Result<Option<Response<Body>>, Cut> {
    for fault in faults.iter().filter(|fault| fault.after == after) {
        match &fault.action {
            Action::Refuse(refusal) => return Ok(Some(refusal.answer())),
            Action::Delay(duration) => tokio::time::sleep(*duration).await,
            Action::Cut => return Err(Cut),
            Action::Vanish => {
                if let Some(kind) =
                    kinds::of_resource(&target.group, &target.version, &target.plural)
                {
                    let mut store = state.store();
                    store.delete(kind, &target.namespace, &target.name, false);
                    state.notify(&store);
                }
            }
        }
    }
    Ok(None)
}

fn about_itself(state: &State, path: &str, request: &hyper::Request<Bytes>) -> Response<Body> {
    if ["/healthz", "/livez", "/readyz"].contains(&path) {
        return typed(200, "text/plain", "ok");
    }
    match discovery::answer(
        path,
        header(request, &ACCEPT),
        &state.kubernetes,
        &state.absent(),
    ) {
        Some(document) => json(200, &document),
        None => Refusal::no_resource().answer(),
    }
}

/// A request about a resource.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one request, taken apart once"
)]
fn about(
    state: &Arc<State>,
    call: usize,
    target: Target,
    verb: &'static str,
    query: Query,
    request: hyper::Request<Bytes>,
    body: Option<Value>,
    dry_run: bool,
) -> Answer {
    let Some(kind) = kinds::of_resource(&target.group, &target.version, &target.plural) else {
        return Err(state.unexpected(&format!("{verb} {} {}", target.resource(), target.version)));
    };
    let version = kind
        .versions
        .iter()
        .find(|version| **version == target.version);
    let version = version.copied().ok_or_else(Refusal::no_resource)?;
    if !state.absent().serves(kind, version) {
        return Err(Refusal::no_resource());
    }
    let exists = || {
        state
            .store()
            .get(kind, &target.namespace, &target.name)
            .is_some()
    };
    let content_type = header(&request, &CONTENT_TYPE).to_owned();
    let resource = target.ruled();
    let attempt = Attempt {
        verb,
        group: &target.group,
        resource: &resource,
        // A namespace is within itself, so that a Role in it may let it be read.
        namespace: match target.plural.as_str() {
            "namespaces" => &target.name,
            _ => &target.namespace,
        },
        name: target.name.split(':').next().unwrap_or_default(),
    };
    state.authorize(call, &attempt)?;
    if content_type == "application/apply-patch+yaml" && target.subresource.is_empty() && !exists()
    {
        state.authorize(
            call,
            &Attempt {
                verb: "create",
                ..attempt
            },
        )?;
    }
    if target.subresource == "proxy" {
        return pods::proxy(state, &target, request);
    }
    let metadata = header(&request, &ACCEPT).contains("as=PartialObjectMetadata");
    let request = Request {
        view: View {
            kind,
            version,
            metadata,
        },
        target,
        verb,
        query,
        content_type,
        agent: header(&request, &USER_AGENT).to_owned(),
        body,
        dry_run,
    };
    verbs::perform(state, &request)
}

fn header<'a>(request: &'a hyper::Request<Bytes>, name: &HeaderName) -> &'a str {
    let value = request.headers().get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
