//! Rules that the OpenAPI document keeps.

use std::collections::HashSet;

use domain::event::schemas;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use kit::{Answer, Request};
use serde_json::Value;

use crate::{OPENAPI, page, problems, route};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    serde_json::from_slice(OPENAPI).unwrap()
}

/// Calls `see` with every value of the document and where it stands.
fn walk(value: &Value, place: &str, see: &mut impl FnMut(&str, &Value)) {
    see(place, value);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(
                    member,
                    &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")),
                    see,
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{place}/{index}"), see);
            }
        }
        _ => {}
    }
}

/// Every operation, by method and path.
fn operations(document: &Value) -> Vec<(String, &Value, &Value)> {
    let mut all = Vec::new();
    for (path, shared) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = shared.get(method) {
                all.push((format!("{method} {path}"), shared, operation));
            }
        }
    }
    all
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(target) => document.pointer(target.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

fn get(path: &str, name: header::HeaderName, value: &str) -> Answer {
    let mut headers = HeaderMap::new();
    headers.insert(name, value.parse().unwrap());
    headers.insert(header::HOST, "todo.example".parse().unwrap());
    let uri: Uri = path.parse().unwrap();
    route(&Request::new(Method::GET, uri, headers, Default::default()))
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = document();
    let mut used = HashSet::new();
    walk(&document, "", &mut |place, value| {
        if let Some(target) = value["$ref"].as_str() {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{place}: {target}");
            used.insert(pointer.to_owned());
        }
    });
    for group in ["parameters", "headers", "responses", "schemas"] {
        for name in document["components"][group].as_object().unwrap().keys() {
            let pointer = format!("/components/{group}/{name}");
            assert!(used.contains(&pointer), "{pointer} is used nowhere");
        }
    }
}

#[test]
fn every_operation_says_what_it_is_and_what_can_go_wrong() {
    let document = document();
    let tags: HashSet<_> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let mut ids = HashSet::new();
    for (name, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(
            !id.is_empty() && ids.insert(id),
            "{name}: operationId {id:?}"
        );
        assert!(operation["summary"].is_string(), "{name}: summary");
        let own = operation["tags"].as_array().unwrap();
        assert!(
            own.len() == 1 && own.iter().all(|tag| tags.contains(tag)),
            "{name}: tags"
        );
        assert!(operation["security"].is_array(), "{name}: security");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key("default"), "{name}: default");
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{name}: success"
        );
    }
}

#[test]
fn every_answer_has_a_request_id_and_every_failure_is_a_problem() {
    let document = document();
    for (name, _, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = resolve(&document, response);
            assert!(
                response["description"].is_string(),
                "{name} {status}: description"
            );
            let headers = &response["headers"];
            assert!(
                headers.get("x-request-id").is_some(),
                "{name} {status}: x-request-id"
            );
            if status.starts_with(['4', '5']) || status == "default" {
                assert!(
                    response["content"]["application/problem+json"]["example"].is_object(),
                    "{name} {status}: example"
                );
            }
            let waits = ["429", "503"].contains(&status.as_str());
            assert!(
                !waits || headers.get("Retry-After").is_some(),
                "{name} {status}: Retry-After"
            );
            let made = status == "201";
            assert!(
                !made || headers.get("Location").is_some(),
                "{name} {status}: Location"
            );
        }
    }
}

#[test]
fn every_operation_with_a_session_can_answer_401_and_every_body_413_415_and_422() {
    let document = document();
    for (name, _, operation) in operations(&document) {
        let has = |status: &str| operation["responses"].get(status).is_some();
        let signed = operation["security"]
            .as_array()
            .unwrap()
            .iter()
            .any(|way| way.get("bearer").is_some());
        assert!(!signed || has("401"), "{name}: 401");
        if operation.get("requestBody").is_some() {
            assert!(
                ["400", "413", "415", "422"]
                    .iter()
                    .all(|status| has(status)),
                "{name}"
            );
        }
    }
}

#[test]
fn every_segment_in_braces_is_a_parameter() {
    let document = document();
    for (name, shared, operation) in operations(&document) {
        let lists = [&shared["parameters"], &operation["parameters"]];
        let declared: HashSet<_> = lists
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .map(|parameter| resolve(&document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let in_path: HashSet<_> = name
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        assert_eq!(declared, in_path, "{name}");
    }
}

#[test]
fn required_properties_exist_and_examples_have_them() {
    let document = document();
    walk(&document, "", &mut |place, value| {
        if let (Some(required), Some(properties)) = (
            value["required"].as_array(),
            value["properties"].as_object(),
        ) {
            for name in required {
                assert!(
                    properties.contains_key(name.as_str().unwrap()),
                    "{place}: {name}"
                );
            }
        }
        let examples = value["example"].as_object().into_iter();
        for example in examples {
            let schema = resolve(&document, &value["schema"]);
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    example.contains_key(name.as_str().unwrap()),
                    "{place}: {name}"
                );
            }
            if let Some(properties) = schema["properties"].as_object() {
                for name in example.keys() {
                    assert!(properties.contains_key(name), "{place}: unknown {name}");
                }
            }
        }
    });
}

#[test]
fn the_document_knows_exactly_the_problems_that_exist() {
    let document = document();
    let listed = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"].clone();
    let existing: Vec<_> = problems::all()
        .map(|problem| Value::from(format!("/api/problems/{}", problem.slug)))
        .collect();
    assert_eq!(listed, Value::from(existing.clone()));
    walk(&document, "", &mut |place, value| {
        let Some(path) = value["type"]
            .as_str()
            .filter(|path| path.starts_with("/api/"))
        else {
            return;
        };
        assert!(existing.contains(&path.into()), "{place}: {path}");
        let problem = problems::all().find(|problem| path.ends_with(&format!("/{}", problem.slug)));
        let problem = problem.unwrap();
        assert_eq!(value["title"], problem.title, "{place}");
        assert_eq!(value["status"], problem.status, "{place}");
    });
}

#[test]
fn a_problem_is_a_page_for_browsers_and_json_otherwise() {
    for problem in problems::all() {
        for base in ["/api", "/api/v1"] {
            let path = format!("{base}/problems/{}", problem.slug);
            let page = get(&path, header::ACCEPT, "text/html,*/*;q=0.8").unwrap();
            assert_eq!(
                page.headers()[header::CONTENT_TYPE],
                "text/html; charset=utf-8"
            );
            let json = get(&path, header::ACCEPT, "*/*").unwrap();
            let json: Value = serde_json::from_slice(json.body()).unwrap();
            assert_eq!(json["type"], format!("/api/problems/{}", problem.slug));
        }
    }
    assert_eq!(
        get("/api/problems/none", header::ACCEPT, "*/*")
            .unwrap_err()
            .kind()
            .slug,
        "not-found"
    );
}

#[test]
fn the_document_lists_exactly_the_schemas_that_are_served() {
    let document = document();
    let parameter = &document["paths"]["/api/schemas/{name}"]["get"]["parameters"][0];
    let mut served: Vec<_> = schemas::ALL.iter().map(|schema| schema.name).collect();
    served.sort_unstable();
    assert_eq!(parameter["schema"]["enum"], Value::from(served));
    for schema in schemas::ALL {
        let path = format!("/api/v1/schemas/{}", schema.name);
        let answer = get(&path, header::ACCEPT, "*/*").unwrap();
        let content_type = &answer.headers()[header::CONTENT_TYPE];
        assert_eq!(content_type, "application/schema+json");
        let sent: Value = serde_json::from_slice(answer.body()).unwrap();
        let (kind, version) = schema.name.rsplit_once('.').unwrap();
        assert_eq!(
            sent["$id"],
            format!("urn:spindrift:schema:{kind}:{version}")
        );
    }
    for unknown in ["todo.task.created", "todo.task.created.2", ".."] {
        let path = format!("/api/schemas/{unknown}");
        let refused = get(&path, header::ACCEPT, "*/*").unwrap_err();
        assert_eq!(refused.kind().slug, "not-found");
    }
}

#[test]
fn a_document_that_the_caller_has_is_not_sent_again() {
    for path in ["/api/openapi.json", "/api/docs", "/api/docs/style.css"] {
        let first = get(path, header::ACCEPT, "*/*").unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".into()] {
            let again = get(path, header::IF_NONE_MATCH, &known).unwrap();
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path} {known}");
            assert!(again.body().is_empty());
        }
        assert_eq!(
            get(path, header::IF_NONE_MATCH, "\"x\"").unwrap().status(),
            StatusCode::OK
        );
    }
}

#[test]
fn every_operation_has_its_place_on_the_page() {
    let response = get("/api/docs", header::ACCEPT, "text/html").unwrap();
    let html = str::from_utf8(response.body()).unwrap();
    for (name, _, operation) in operations(&document()) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(html.contains(&format!("<section id=\"{id}\">")), "{name}");
        assert!(
            html.contains(&page::escape(operation["summary"].as_str().unwrap())),
            "{name}"
        );
    }
    assert!(!html.contains("<script"));
}
