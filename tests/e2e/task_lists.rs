//! `GET /api/tasks`: filters, orders, pages, search.

use serde_json::{Value, json};
use spindrift_tests::Api;

use crate::{Result, todo};

fn titles(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().into_iter().flatten();
    items.filter_map(|task| task["title"].as_str()).collect()
}

async fn with_some_tasks(api: &Api) -> Result<Api> {
    let person = api.sign_up().await?;
    for body in [
        json!({"title": "apples", "priority": 3, "tags": ["shop"], "due_at": "2025-01-10T00:00:00Z"}),
        json!({"title": "Bread", "priority": 1, "tags": ["shop", "food"], "due_at": "2025-01-20T00:00:00Z"}),
        json!({"title": "cactus", "description": "water it, with apples", "status": "completed"}),
        json!({"title": "Dentist", "priority": 1, "due_at": "2999-01-01T00:00:00Z"}),
        json!({"title": "errand", "all_day_on": "2025-01-15", "tags": ["a b", "äöü"]}),
    ] {
        person.task(&body).await?;
    }
    Ok(person)
}

#[tokio::test]
async fn a_list_is_a_page_of_one_s_own_newest_tasks() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let empty = person.get("/api/tasks").send().await?;
    insta::assert_json_snapshot!("no_tasks", empty.record());
    for n in 1..=25 {
        person.task(&json!({"title": format!("{n}")})).await?;
    }
    let first = person.tasks("").await?;
    assert_eq!(
        (&first["total"], &first["page"], &first["page_size"]),
        (&json!(25), &json!(1), &json!(20))
    );
    assert_eq!(titles(&first)[..3], ["25", "24", "23"]);
    let second = person.tasks("?page=2").await?;
    assert_eq!(titles(&second), ["5", "4", "3", "2", "1"]);
    let beyond = person.tasks("?page=9&page_size=100").await?;
    assert_eq!((titles(&beyond).len(), &beyond["total"]), (0, &json!(25)));
    assert_eq!(
        titles(&person.tasks("?page=3&page_size=2").await?),
        ["21", "20"]
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_filter_chooses() -> Result {
    let (running, _) = todo().await?;
    let person = with_some_tasks(&running.api).await?;
    for (query, expected) in [
        ("status=completed", vec!["cactus"]),
        ("priority=1", vec!["Bread", "Dentist"]),
        ("tag=shop", vec!["apples", "Bread"]),
        ("tag=a%20b", vec!["errand"]),
        ("tag=%C3%A4%C3%B6%C3%BC", vec!["errand"]),
        ("tag=sho", vec![]),
        ("due_before=2025-01-15T00:00:00Z", vec!["apples"]),
        (
            "due_before=2025-01-15T02:00:00%2B01:00",
            vec!["apples", "errand"],
        ),
        ("due_after=2025-01-20T00:00:00Z", vec!["Bread", "Dentist"]),
        (
            "due_after=2025-01-12T00:00:00Z&due_before=2025-01-18T00:00:00Z",
            vec!["errand"],
        ),
        ("overdue=true", vec!["apples", "Bread", "errand"]),
        ("overdue=false", vec!["cactus", "Dentist"]),
        ("due_soon=true", vec![]),
        (
            "recurring_task_id=0190a000-0000-7000-8000-000000000000",
            vec![],
        ),
        ("q=apple", vec![]),
        ("q=apples", vec!["apples", "cactus"]),
        ("q=APPLES%20-water", vec!["apples"]),
        ("q=shop", vec!["apples", "Bread"]),
        ("q=%22water%20it%22", vec!["cactus"]),
        ("q=bread+or+dentist", vec!["Bread", "Dentist"]),
        ("priority=1&tag=shop&status=open", vec!["Bread"]),
    ] {
        let page = person.tasks(&format!("?{query}&sort=title")).await?;
        assert_eq!(titles(&page), expected, "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_order_goes_both_ways() -> Result {
    let (running, _) = todo().await?;
    let person = with_some_tasks(&running.api).await?;
    for (sort, expected) in [
        ("title", ["apples", "Bread", "cactus", "Dentist", "errand"]),
        ("-title", ["errand", "Dentist", "cactus", "Bread", "apples"]),
        (
            "created_at",
            ["apples", "Bread", "cactus", "Dentist", "errand"],
        ),
        (
            "-updated_at",
            ["errand", "Dentist", "cactus", "Bread", "apples"],
        ),
        ("due_at", ["apples", "errand", "Bread", "Dentist", "cactus"]),
        (
            "-due_at",
            ["Dentist", "Bread", "errand", "apples", "cactus"],
        ),
    ] {
        assert_eq!(
            titles(&person.tasks(&format!("?sort={sort}")).await?),
            expected,
            "{sort}"
        );
    }
    let page = person.tasks("?sort=priority").await?;
    let priorities: Vec<_> = page["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|task| &task["priority"])
        .collect();
    assert_eq!(
        priorities,
        [&json!(1), &json!(1), &json!(2), &json!(2), &json!(3)]
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_refused_by_name() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    for query in [
        "colour=red",
        "status=done",
        "priority=0",
        "priority=high",
        "tag=",
        "due_before=tomorrow",
        "due_after=2025-01-01T00:00:00+01:00",
        "overdue=yes",
        "due_soon=1",
        "recurring_task_id=7",
        "sort=size",
        "page=0",
        "page=x",
        "page_size=101",
        "page_size=0",
        "q=%ff",
        "q=%00",
        "page=1&page=2",
    ] {
        let answer = person.get(&format!("/api/tasks?{query}")).send().await?;
        answer.problem(400, "invalid-parameter");
        let name = query.replace(['=', '&', '%', '+', ':'], "_");
        insta::assert_json_snapshot!(format!("the_query_{name}"), answer.json()["detail"]);
    }
    let long = format!("/api/tasks?q={}", "x".repeat(201));
    person
        .get(&long)
        .send()
        .await?
        .problem(400, "invalid-parameter");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn no_search_is_an_error() -> Result {
    let (running, _) = todo().await?;
    let person = with_some_tasks(&running.api).await?;
    for q in [
        "%22",
        "or",
        "-",
        "%28%29",
        "a%20%26%20%7C%20%21",
        "%3A*",
        "%27%3B%20DROP%20TABLE%20x",
        "%5C",
        "%F0%9F%8C%BB",
    ] {
        person.tasks(&format!("?q={q}")).await?;
    }
    running.stop().await?;
    Ok(())
}
