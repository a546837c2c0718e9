use super::*;

fn query(from: &str, to: &str) -> OccurrencesQuery {
    OccurrencesQuery::parse(Some(&format!("from={from}&to={to}"))).unwrap()
}

fn dates(series: &Series, from: &str, to: &str) -> Vec<String> {
    let occurrences = series.occurrences(query(from, to));
    occurrences.iter().map(|one| one.on.to_string()).collect()
}

#[test]
fn a_span_has_its_beginning_and_not_its_end() {
    let (series, _) = begun(weekly(json!({})), "2025-01-01T00:00:00Z");
    let dates = dates(&series, "2025-01-08T09:00:00Z", "2025-01-22T09:00:00Z");
    assert_eq!(dates, ["2025-01-08", "2025-01-15"]);
}

#[test]
fn no_more_than_five_hundred_are_shown() {
    let (series, _) = begun(
        weekly(json!({"recurrence_type": "daily"})),
        "2025-01-01T00:00:00Z",
    );
    let shown = dates(&series, "2225-01-01T00:00:00Z", "2227-01-01T00:00:00Z");
    assert_eq!((shown.len(), shown[0].as_str()), (500, "2225-01-01"));
}

#[test]
fn a_series_that_counts_from_completion_is_shown_as_if_each_were_done_on_its_day() {
    let body = weekly(json!({"mode": "after_completion", "count": 4}));
    let (series, _) = begun(body, "2025-01-01T00:00:00Z");
    let now = at("2025-01-10T00:00:00Z");
    let plan = series.settled(on("2025-01-01"), now, now);
    let series = after(series, &plan);
    let shown = dates(&series, "2025-01-01T00:00:00Z", "2025-12-01T00:00:00Z");
    assert_eq!(shown, ["2025-01-17", "2025-01-24", "2025-01-31"]);
}

#[test]
fn a_parameter_that_is_missing_or_too_far_is_named() {
    let instant = "2025-01-01T00:00:00Z";
    for (query, name) in [
        (String::new(), "from"),
        (format!("from={instant}"), "to"),
        (format!("from={instant}&to=2027-01-01T00:00:01Z"), "to"),
        (format!("from={instant}&to=2024-01-01T00:00:00Z"), "to"),
        (format!("from=today&to={instant}"), "from"),
        (format!("from={instant}&to={instant}&page=1"), "page"),
    ] {
        let error = OccurrencesQuery::parse(Some(&query)).unwrap_err();
        assert_eq!(error.parameter, name, "{query}");
    }
    assert!(
        OccurrencesQuery::parse(Some(&format!("from={instant}&to=2027-01-01T00:00:00Z"))).is_ok()
    );
}

#[test]
fn an_occurrence_is_shown_with_its_task() {
    let (series, _) = begun(weekly(json!({})), "2025-01-01T00:00:00Z");
    let occurrences = series.occurrences(query("2025-01-01T00:00:00Z", "2025-01-09T00:00:00Z"));
    let task = Uuid::from_u128(3);
    let view = OccurrencesView::of(&occurrences, |date| {
        (date == on("2025-01-01")).then_some(task)
    });
    let expected = json!({"items": [
        {"occurrence_on": "2025-01-01", "due_at": "2025-01-01T09:00:00Z", "task_id": task},
        {"occurrence_on": "2025-01-08", "due_at": "2025-01-08T09:00:00Z", "task_id": null},
    ]});
    assert_eq!(serde_json::to_value(view).unwrap(), expected);
}
