//! Reading and writing objects.

use http::Request;
use kube::api::{DeleteParams, GetParams, ListParams, LogParams, Patch, PatchParams, PostParams};
use kube::core::Request as Builder;
use kube::core::params::{Preconditions, PropagationPolicy};
use serde_json::Value;

use super::api::Api;
use super::error::{Error, Result};
use super::kinds::{POD, Resource};
use crate::labels::MANAGER;

/// How an object is applied.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Apply {
    /// Only asks what would become of it.
    pub(crate) dry_run: bool,
    /// Takes fields from whoever manages them.
    pub(crate) force: bool,
}

impl Api {
    fn builder(&self, resource: &Resource) -> Builder {
        Builder::new(resource.path(&self.namespace))
    }

    /// The object, or `None`.
    pub(crate) async fn get(&self, resource: &Resource, name: &str) -> Result<Option<Value>> {
        let what = format!("read {}/{name}", resource.kind);
        let request = built(
            &what,
            self.builder(resource).get(name, &GetParams::default()),
        )?;
        found(self.send(&what, &request).await)
    }

    /// The objects that `selector` selects; none where the kind is not served.
    pub(crate) async fn list(&self, resource: &Resource, selector: &str) -> Result<Vec<Value>> {
        let what = format!("list {}", resource.full_name());
        let params = ListParams::default().labels(selector);
        let request = built(&what, self.builder(resource).list(&params))?;
        let Some(mut list) = found(self.send(&what, &request).await)? else {
            return Ok(Vec::new());
        };
        let mut items = match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        // A list's items leave out what the list says for all of them.
        for item in &mut items {
            item["apiVersion"] = resource.api_version().into();
            item["kind"] = resource.kind.as_ref().into();
        }
        Ok(items)
    }

    /// Server-side apply by the field manager [`MANAGER`].
    pub(crate) async fn apply(
        &self,
        resource: &Resource,
        object: &Value,
        how: Apply,
    ) -> Result<Value> {
        let name = name(object);
        let what = format!("apply {}/{name}", resource.kind);
        let mut params = PatchParams::apply(MANAGER);
        params.force = how.force;
        params.dry_run = how.dry_run;
        let request = built(
            &what,
            self.builder(resource)
                .patch(name, &params, &Patch::Apply(object)),
        )?;
        self.send(&what, &request).await
    }

    /// Creates an object; a conflict says that it is there already.
    pub(crate) async fn create(
        &self,
        resource: &Resource,
        object: &Value,
        dry_run: bool,
    ) -> Result<Value> {
        let what = format!("create {}/{}", resource.kind, name(object));
        let params = PostParams {
            dry_run,
            field_manager: Some(MANAGER.to_owned()),
        };
        let request = built(
            &what,
            self.builder(resource)
                .create(&params, object.to_string().into_bytes()),
        )?;
        self.send(&what, &request).await
    }

    /// Replaces an object that is as it was read: `metadata.resourceVersion` says so.
    pub(crate) async fn replace(&self, resource: &Resource, object: &Value) -> Result<Value> {
        let name = name(object);
        let what = format!("write {}/{name}", resource.kind);
        let params = PostParams {
            field_manager: Some(MANAGER.to_owned()),
            ..PostParams::default()
        };
        let request = built(
            &what,
            self.builder(resource)
                .replace(name, &params, object.to_string().into_bytes()),
        )?;
        self.send(&what, &request).await
    }

    /// Deletes an object with what it owns; one that is gone is fine. With `version`,
    /// only when it is still that one.
    pub(crate) async fn delete(
        &self,
        resource: &Resource,
        name: &str,
        version: Option<&str>,
    ) -> Result<()> {
        let what = format!("delete {}/{name}", resource.kind);
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: version.map(|version| Preconditions {
                resource_version: Some(version.to_owned()),
                uid: None,
            }),
            ..DeleteParams::default()
        };
        let request = built(&what, self.builder(resource).delete(name, &params))?;
        found(self.send(&what, &request).await).map(|_| ())
    }

    /// The last `lines` of a container's log; empty when it has none.
    pub(crate) async fn log(
        &self,
        pod: &str,
        container: &str,
        lines: i64,
        previous: bool,
    ) -> Result<Vec<String>> {
        let what = format!("read the log of {pod}");
        let params = LogParams {
            container: Some(container.to_owned()),
            tail_lines: Some(lines),
            previous,
            ..LogParams::default()
        };
        let request = self.log_request(&what, pod, &params)?;
        let text = self.send_text(&what, &request).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The request of a log.
    pub(crate) fn log_request(
        &self,
        what: &str,
        pod: &str,
        params: &LogParams,
    ) -> Result<Request<Vec<u8>>> {
        built(what, self.builder(&POD).logs(pod, params))
    }

    /// What a pod answers to a GET, by way of the API server.
    pub(crate) async fn ask_pod(&self, pod: &str, port: u16, path: &str) -> Result<String> {
        let what = format!("ask {pod} for {path}");
        let path = format!("{}/{pod}:{port}/proxy{path}", POD.path(&self.namespace));
        self.try_text(&what, &get(&path)).await
    }

    /// Whether the API server would allow something: a `SelfSubjectAccessReview`.
    pub(crate) async fn review(&self, review: &Value) -> Result<Value> {
        let path = "/apis/authorization.k8s.io/v1";
        let builder = Builder::new(format!("{path}/selfsubjectaccessreviews"));
        let body = review.to_string().into_bytes();
        let what = "ask what is allowed";
        let request = built(what, builder.create(&PostParams::default(), body))?;
        self.send(what, &request).await
    }

    /// A document of the API itself, such as `/apis`.
    pub(crate) async fn document(&self, path: &str) -> Result<Option<Value>> {
        let what = format!("read {path}");
        found(self.send(&what, &get(path)).await)
    }
}

/// A GET without a body.
fn get(path: &str) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// `metadata.name`.
pub(crate) fn name(object: &Value) -> &str {
    object
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A text in an object, empty when it is not there.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A list in an object, empty when it is not there.
pub(crate) fn array<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A label's value, empty when it is not there.
pub(crate) fn label<'a>(object: &'a Value, key: &str) -> &'a str {
    object["metadata"]["labels"][key]
        .as_str()
        .unwrap_or_default()
}

fn built(
    what: &str,
    request: Result<Request<Vec<u8>>, kube::core::request::Error>,
) -> Result<Request<Vec<u8>>> {
    request.map_err(|error| Error::Refused(format!("{what}: {error}")))
}

fn found<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}
