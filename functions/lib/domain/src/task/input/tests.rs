use super::*;
use proptest::prelude::*;
use serde_json::json;

fn pointers(body: Value) -> Vec<String> {
    let Err(Invalid(errors)) = TaskFields::parse(body) else {
        return Vec::new();
    };
    errors.into_iter().map(|error| error.pointer).collect()
}

#[test]
fn a_title_is_enough() {
    let fields = TaskFields::parse(json!({"title": "  milk "})).unwrap();
    assert_eq!(
        fields,
        TaskFields {
            title: "milk".into(),
            ..TaskFields::default()
        }
    );
}

#[test]
fn every_bound_is_kept_to_the_character() {
    let text = |length: usize| "ä".repeat(length);
    for (name, most) in [("title", 200), ("description", 10_000)] {
        let mut body = json!({"title": "x"});
        body[name] = json!(text(most));
        assert_eq!(pointers(body.clone()), [""; 0], "{name}");
        body[name] = json!(text(most + 1));
        assert_eq!(pointers(body), [format!("/{name}")]);
    }
    let tags = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    assert_eq!(pointers(json!({"title": "x", "tags": tags(20)})), [""; 0]);
    assert_eq!(pointers(json!({"title": "x", "tags": tags(21)})), ["/tags"]);
    assert_eq!(pointers(json!({"title": "x", "tags": [text(40)]})), [""; 0]);
    assert_eq!(
        pointers(json!({"title": "x", "tags": ["a", text(41), " "]})),
        ["/tags/1", "/tags/2"]
    );
    let instants = vec!["2025-01-01T00:00:00Z"; 11];
    assert_eq!(
        pointers(json!({"title": "x", "remind_at": instants})),
        ["/remind_at"]
    );
}

#[test]
fn each_wrong_value_is_named_by_its_pointer() {
    let body = json!({
        "title": "", "description": 1, "status": "done", "priority": 4, "tags": "x",
        "due_at": "tomorrow", "all_day_on": "2025-13-01", "remind_at": ["x"], "nonsense": 1,
    });
    assert_eq!(
        pointers(body),
        [
            "/title",
            "/description",
            "/status",
            "/priority",
            "/tags",
            "/due_at",
            "/all_day_on",
            "/remind_at/0",
            "/nonsense",
        ]
    );
}

#[test]
fn a_missing_title_is_required() {
    for body in [json!({}), json!({"title": null}), json!({"title": "   "})] {
        assert_eq!(pointers(body), ["/title"]);
    }
}

#[test]
fn a_due_instant_and_a_due_day_exclude_each_other() {
    let body = json!({"title": "x", "due_at": "2025-01-01T00:00:00Z", "all_day_on": "2025-01-01"});
    assert_eq!(pointers(body), ["/all_day_on"]);
}

#[test]
fn due_date_is_another_name_of_due_at() {
    let due = "2025-01-01T00:00:00Z";
    let fields = TaskFields::parse(json!({"title": "x", "due_date": due})).unwrap();
    assert_eq!(fields.due_at, instant::parse(due));
    let same = json!({"title": "x", "due_date": due, "due_at": "2025-01-01T01:00:00+01:00"});
    assert_eq!(pointers(same), [""; 0]);
    let other = json!({"title": "x", "due_date": due, "due_at": null});
    assert_eq!(pointers(other), ["/due_date"]);
}

#[test]
fn a_patch_keeps_what_it_does_not_name_and_clears_what_is_null() {
    let before = TaskFields::parse(json!({
        "title": "x", "description": "d", "priority": 1, "tags": ["a"],
        "due_at": "2025-01-01T00:00:00Z",
    }))
    .unwrap();
    let after = before
        .clone()
        .merged(json!({"due_at": null, "priority": null}))
        .unwrap();
    let priority = Priority::Medium;
    assert_eq!(
        after,
        TaskFields {
            due_at: None,
            priority,
            ..before.clone()
        }
    );
    assert!(before.clone().merged(json!({"title": null})).is_err());
    assert_eq!(before.clone().merged(json!({})).unwrap(), before);
    assert!(
        before
            .clone()
            .merged(json!({"all_day_on": "2025-01-01"}))
            .is_err()
    );
    assert!(
        before
            .merged(json!({"all_day_on": "2025-01-01", "due_at": null}))
            .is_ok()
    );
}

#[test]
fn what_only_the_server_sets_is_not_looked_at() {
    let body = json!({"title": "x", "id": 1, "version": "y", "is_overdue": null, "created_at": []});
    assert_eq!(pointers(body), [""; 0]);
}

#[test]
fn a_nul_character_is_refused() {
    assert_eq!(pointers(json!({"title": "a\0b"})), ["/title"]);
    assert_eq!(
        pointers(json!({"title": "x", "tags": ["a\0"]})),
        ["/tags/0"]
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        proptest::collection::vec(inner, 0..4).prop_map(Value::from)
    })
}

proptest! {
    #[test]
    fn no_body_makes_the_reader_panic(
        title in any_json(), tags in any_json(), due in any_json(), remind in any_json(),
        status in any_json(), priority in any_json(), day in any_json(),
    ) {
        _ = TaskFields::parse(json!({
            "title": title, "tags": tags, "due_at": due, "remind_at": remind,
            "status": status, "priority": priority, "all_day_on": day,
        }));
    }

    #[test]
    fn an_empty_patch_changes_nothing(title in "\\PC{1,50}", tags in proptest::collection::vec("[a-z]{1,9}", 0..9)) {
        if let Ok(fields) = TaskFields::parse(json!({"title": title, "tags": tags})) {
            prop_assert_eq!(fields.clone().merged(json!({})).unwrap(), fields);
        }
    }
}
