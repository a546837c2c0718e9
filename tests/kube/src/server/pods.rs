//! What is inside pods: their logs, and what listens in them.

use bytes::Bytes;
use hyper::Response;
use hyper::header::CONTENT_TYPE;

use super::State;
use super::answer::{Answer, Body, Refusal, typed};
use super::target::{Query, Target};
use crate::kinds;

/// A request that the server hands on to a pod or a service.
#[derive(Clone, Debug)]
pub struct Proxied {
    /// `pods` or `services`.
    pub resource: String,
    /// Where it is.
    pub namespace: String,
    /// The pod or service.
    pub name: String,
    /// Its port: a number or a name; empty where none was named.
    pub port: String,
    /// The method.
    pub method: String,
    /// The path, with its query.
    pub path: String,
    /// The headers.
    pub headers: hyper::HeaderMap,
    /// What was sent.
    pub body: Bytes,
}

/// Answers what is handed on.
pub(super) type Handler = dyn Fn(Proxied) -> Response<String> + Send + Sync;

pub(super) fn log(state: &State, target: &Target, query: &Query) -> Answer {
    let kind = kinds::of_object("v1", "Pod").ok_or_else(Refusal::no_resource)?;
    let found = state.store().get(kind, &target.namespace, &target.name);
    let pod = found.ok_or_else(|| Refusal::not_found(kind, &target.name))?;
    let containers = pod["spec"]["containers"].as_array();
    let names: Vec<&str> = containers
        .into_iter()
        .flatten()
        .filter_map(|container| container["name"].as_str())
        .collect();
    let container = match (query.get("container"), names.as_slice()) {
        ("", [only]) => only,
        ("", _) => {
            let message = format!(
                "a container name must be specified for pod {}, choose one of: [{}]",
                target.name,
                names.join(" ")
            );
            return Err(Refusal::bad_request(message));
        }
        (named, names) if names.contains(&named) => named,
        (named, _) => {
            let message = format!("container {named} is not valid for pod {}", target.name);
            return Err(Refusal::bad_request(message));
        }
    };
    let text = state.log(&target.name, container);
    let lines: Vec<&str> = text.lines().collect();
    let tail = query.get("tailLines").parse().unwrap_or(lines.len());
    let mut last = lines[lines.len().saturating_sub(tail)..].join("\n");
    if !last.is_empty() {
        last.push('\n');
    }
    Ok(typed(200, "text/plain", last))
}

/// Hands a request on, when what it is for is there.
pub(super) fn proxy(state: &State, target: &Target, request: hyper::Request<Bytes>) -> Answer {
    let parts: Vec<&str> = target.name.split(':').collect();
    let (name, port) = match parts.as_slice() {
        [name] => (*name, ""),
        [name, port] | [_, name, port] => (*name, *port),
        _ => {
            return Err(Refusal::bad_request(format!(
                "invalid name {:?}",
                target.name
            )));
        }
    };
    let kind = kinds::of_resource("", "v1", &target.plural).ok_or_else(Refusal::no_resource)?;
    if state.store().get(kind, &target.namespace, name).is_none() {
        return Err(Refusal::not_found(kind, name));
    }
    let Some(handler) = state.handler() else {
        let message = format!("no endpoints available for {} \"{name}\"", target.plural);
        return Err(Refusal::new(503, "ServiceUnavailable", message));
    };
    let (head, body) = request.into_parts();
    let query = head.uri.query().map(|query| format!("?{query}"));
    let path = if target.rest.is_empty() {
        "/"
    } else {
        &target.rest
    };
    let answer = handler(Proxied {
        resource: target.plural.clone(),
        namespace: target.namespace.clone(),
        name: name.to_owned(),
        port: port.to_owned(),
        method: head.method.to_string(),
        path: format!("{path}{}", query.unwrap_or_default()),
        headers: head.headers,
        body,
    });
    Ok(handed_back(answer))
}

fn handed_back(answer: Response<String>) -> Response<Body> {
    let (head, text) = answer.into_parts();
    let mut response = typed(head.status.as_u16(), "text/plain", text);
    response.headers_mut().remove(CONTENT_TYPE);
    response.headers_mut().extend(head.headers);
    response
}
