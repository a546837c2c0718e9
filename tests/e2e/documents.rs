//! What there is to read.

use serde_json::Value;

use crate::{Result, todo};

#[tokio::test]
async fn the_openapi_document_describes_what_answers() -> Result {
    let (running, _) = todo().await?;
    for path in ["/api/openapi.json", "/api/v1/openapi.json"] {
        let answer = running.api.get(path).send().await?.expect(200);
        assert_eq!(answer.header("content-type"), "application/json");
        let document = answer.json();
        assert!(
            document["openapi"]
                .as_str()
                .is_some_and(|version| version.starts_with("3.1"))
        );
        let etag = answer.header("etag").to_owned();
        let again = running
            .api
            .get(path)
            .header("if-none-match", &etag)
            .send()
            .await?;
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    running.stop().await?;
    Ok(())
}

/// Each operation is called by nobody with nothing. Whatever it says to that, it is
/// not "no such address" or "no such method".
#[tokio::test]
async fn every_operation_in_the_document_exists() -> Result {
    let (running, _) = todo().await?;
    let document = running
        .api
        .get("/api/openapi.json")
        .send()
        .await?
        .expect(200)
        .json();
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for method in operations
            .as_object()
            .into_iter()
            .flatten()
            .map(|(method, _)| method)
        {
            let Ok(verb) = method.to_uppercase().parse::<reqwest::Method>() else {
                continue;
            };
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let path = path
                .replace("{id}", "0190a000-0000-7000-8000-000000000000")
                .replace("{name}", "todo.task.created.1")
                .replace("{slug}", "not-found");
            let path = if path.starts_with("/api") || path == "/" || path == "/health" {
                path
            } else {
                format!("/api{path}")
            };
            let answer = running.api.call(verb, &path).send().await?;
            assert!(
                ![404, 405].contains(&answer.status),
                "{method} {path}: {}",
                answer.text()
            );
            let statuses = &operations[method.as_str()]["responses"];
            assert!(
                statuses[answer.status.to_string()] != Value::Null,
                "{method} {path}: {} is not documented",
                answer.status
            );
            count += 1;
        }
    }
    assert!(count >= 17, "{count} operations");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_browser_finds_a_page_and_everything_that_it_needs() -> Result {
    let (running, _) = todo().await?;
    for path in ["/", "/api/docs", "/api/v1/docs"] {
        let answer = running
            .api
            .get(path)
            .header("accept", "text/html")
            .send()
            .await?
            .expect(200);
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'"),
            "{path}"
        );
        let page = answer.text();
        let links = ["href=\"", "src=\""].map(|attribute| page.split(attribute).skip(1));
        let links = links
            .into_iter()
            .flatten()
            .filter_map(|rest| rest.split('"').next());
        for link in links.filter(|link| link.starts_with('/')) {
            let answer = running.api.get(link).send().await?;
            // Some are addresses of the API that want a sign-in.
            assert!(
                [200, 401].contains(&answer.status),
                "{link} on {path}: {}",
                answer.status
            );
            if link.ends_with(".css") {
                assert!(
                    answer.header("content-type").starts_with("text/css"),
                    "{link}"
                );
            }
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_type_of_problem_is_explained_where_its_type_says() -> Result {
    let (running, _) = todo().await?;
    let problem = running
        .api
        .get("/api/tasks")
        .send()
        .await?
        .problem(401, "not-signed-in");
    for path in [
        problem["type"].as_str().unwrap_or(""),
        "/api/problems/function-failed",
        "/api/problems/overloaded",
    ] {
        let document = running.api.get(path).send().await?.expect(200).json();
        assert_eq!(document["type"], path);
        assert!(
            document["remedy"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        let page = running
            .api
            .get(path)
            .header("accept", "text/html")
            .send()
            .await?
            .expect(200);
        assert!(
            page.text()
                .contains(document["title"].as_str().unwrap_or("?"))
        );
    }
    let unknown = running.api.get("/api/problems/none").send().await?;
    unknown.problem(404, "not-found");
    insta::assert_json_snapshot!("an_unknown_type", unknown.record());
    running.stop().await?;
    Ok(())
}
