//! Traces, as a collector gets them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::{Value, json};
use spindrift_test_kafka::{Kafka, Options, skipped};
use spindrift_tests::{Api, Database, Start, until};

use crate::collector::{Collector, Kind, Span};
use crate::events::logged;
use crate::{Result, todo};

/// What somebody recorded before us.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// Clicks, as part of the trace; it is recorded if `flags` say so.
async fn click(person: &Api, flags: &str) -> Result<Value> {
    let call = person.post("/api/tasks", &json!({"title": "x"}));
    let call = call.header("traceparent", &format!("00-{TRACE}-{CALLER}-{flags}"));
    Ok(call.send().await?.expect(201).json())
}

/// Those that ended, by what they are, once `enough` of them are there.
async fn spans(collector: &Collector, enough: &[&str]) -> Result<BTreeMap<String, Span>> {
    until("the trace", async || {
        let spans = collector.spans(TRACE).into_iter();
        let named = |span: Span| (format!("{} {}", span.function(), span.name), span);
        let named: BTreeMap<String, Span> = spans.map(named).collect();
        enough
            .iter()
            .all(|name| named.contains_key(*name))
            .then_some(named)
    })
    .await
    .with_context(|| format!("{:#?}", collector.spans(TRACE)))
}

#[tokio::test]
async fn one_trace_leads_from_a_click_through_the_brokers_to_what_it_did() -> Result {
    if skipped() {
        return Ok(());
    }
    let (kafka, database) = (
        Kafka::start(Options::nodes(1)).await?,
        Database::new().await?,
    );
    let collector = Collector::start().await?;
    let start = Start::todo(&database).await?;
    let start = collector.told(start.args(&["--kafka-brokers", &kafka.bootstrap()]));
    let running = start.run().await?;
    let person = running.api.sign_up().await?;
    let task = click(&person, "01").await?;
    logged(&person, &task).await?;

    let (click, sent, handled) = (
        "tasks POST /api/tasks/...",
        " send todo-events",
        "audit process todo.task.created",
    );
    let spans = spans(&collector, &[click, sent, handled]).await?;
    let [click, sent, handled] = [click, sent, handled].map(|name| &spans[name]);
    for (span, kind, parent) in [
        (click, Kind::Server, CALLER),
        (sent, Kind::Producer, &*click.id),
        (handled, Kind::Consumer, &*click.id),
    ] {
        assert_eq!((span.kind, &*span.parent), (kind, parent), "{span:?}");
        assert_eq!(span.service, "todo", "{span:?}");
        assert!(!span.failed && span.lasted > Duration::ZERO, "{span:?}");
    }
    assert_eq!(click.attributes["http.response.status_code"], "201");
    assert_eq!(
        handled.attributes["cloudevents.event_type"],
        "todo.task.created"
    );
    assert_eq!(
        handled.attributes["cloudevents.event_id"],
        sent.attributes["messaging.message.id"]
    );
    // Durations of requests have traces as their examples.
    let figures = running.admin().await?.get("/metrics").send().await?.text();
    assert!(figures.contains("# {trace_id=\""), "{figures}");
    // What each asked of the database is under it, and tells no values.
    for (span, operations) in [(click, &["BEGIN", "COMMIT"][..]), (handled, &["WITH"])] {
        let asked = collector.spans(TRACE);
        let asked = asked
            .iter()
            .filter(|of| of.parent == span.id && of.kind == Kind::Client);
        let asked: Vec<&Span> = asked.collect();
        for operation in operations {
            assert!(asked.iter().any(|of| of.name == *operation), "{asked:?}");
        }
        for of in asked {
            assert_eq!(of.attributes["db.system.name"], "postgresql");
            assert_eq!(of.attributes.len(), 2, "{of:?}");
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_its_caller_does_not_record_nobody_does() -> Result {
    let collector = Collector::start().await?;
    let database = Database::new().await?;
    let running = collector.told(Start::todo(&database).await?).run().await?;
    let person = running.api.sign_up().await?;
    let task = click(&person, "00").await?;
    logged(&person, &task).await?;
    // It sends what is left before it ends.
    running.stop().await?;
    assert_eq!(collector.spans(TRACE).len(), 0);
    assert!(collector.count() > 0, "signing up has a trace of its own");
    Ok(())
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nobody_up() -> Result {
    let database = Database::new().await?;
    let start = Start::todo(&database).await?;
    // Nobody listens there.
    let start = start.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let running = start.run().await?;
    let person = running.api.sign_up().await?;
    let task = click(&person, "01").await?;
    logged(&person, &task).await?;
    let stopping = Instant::now();
    running.stop().await?;
    assert!(stopping.elapsed() < Duration::from_secs(10));
    Ok(())
}

#[tokio::test]
async fn a_protocol_that_is_not_spoken_is_refused() -> Result {
    let database = Database::new().await?;
    let start = Start::todo(&database).await?;
    let start = start
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let ended = start.end().await?;
    assert!(!ended.status.success());
    assert!(
        ended
            .stderr
            .contains("OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\"")
            && ended.stderr.contains("http/protobuf"),
        "{}",
        ended.stderr
    );
    Ok(())
}

#[tokio::test]
async fn without_a_collector_a_trace_goes_on_unrecorded() -> Result {
    let (running, _database) = todo().await?;
    let person = running.api.sign_up().await?;
    click(&person, "01").await?;
    let line = |record: &Value| record["trace_id"] == TRACE && record["target"] == "http";
    running.record("the request", line).await?;
    running.stop().await?;
    Ok(())
}
