//! What a function is sent: by our own triggers, and by Knative's sources. One table,
//! `cases.json`, says both, header by header, and why where they differ.

mod sink;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::DateTime;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::{Map, Value};
use spindrift_test_kafka::{Kafka, Options, skipped};
use spindrift_tests::{Database, Running, Start, scratch, workspace};

use self::sink::{Delivery, Sink};
use crate::Result;

const TOPIC: &str = "orders";

fn table() -> Result<Value> {
    Ok(serde_json::from_str(include_str!("cases.json"))?)
}

fn cases(table: &Value, kind: &str) -> Result<Vec<Value>> {
    Ok(table[kind].as_array().context("no cases")?.clone())
}

fn headers(case: &Value, key: &str) -> Result<Map<String, Value>> {
    Ok(case[key].as_object().context("no headers")?.clone())
}

/// The headers that ours sends: those of Knative's, but for what differs.
fn expected(case: &Value) -> Result<BTreeMap<String, String>> {
    let mut all = headers(case, "sent")?;
    all.extend(headers(case, "ours")?);
    let there = all.into_iter().filter_map(|(name, value)| {
        let value = value.as_str()?.to_owned();
        Some((name, value))
    });
    Ok(there.collect())
}

/// Whether a value is what the table says. A placeholder stands for what differs from
/// run to run; each is checked for its form.
fn agrees(expected: &str, actual: &str, offset: usize) -> bool {
    let expected = expected
        .replace("{offset}", &offset.to_string())
        .replace("{topic}", TOPIC)
        .replace("{name}", "minutely")
        .replace("{namespace}", "default")
        .replace(
            "{source}",
            "/apis/v1/namespaces/default/kafkasources/shop.pack",
        );
    match expected.split_once('{') {
        None => expected == actual,
        Some((before, "written}" | "sent}" | "due}")) => actual
            .strip_prefix(before)
            .is_some_and(|time| DateTime::parse_from_rfc3339(time).is_ok()),
        Some(_) => false,
    }
}

fn check(case: &Value, delivery: &Delivery, offset: usize) -> Result {
    let expected = expected(case)?;
    let names = |headers: &BTreeMap<String, String>| -> BTreeSet<String> {
        headers.keys().cloned().collect()
    };
    let name = &case["name"];
    assert_eq!(names(&delivery.headers), names(&expected), "{name}");
    for (header, value) in &expected {
        let actual = &delivery.headers[header];
        ensure!(
            agrees(value, actual, offset),
            "{name}: {header} is {actual}, not {value}"
        );
    }
    assert_eq!(delivery.body, case["body"].as_str().unwrap_or(""), "{name}");
    Ok(())
}

/// A relay that delivers the topic's records and a job's ticks to the test.
async fn relay(kafka: &Kafka, database: &Database, sink: &Sink) -> Result<Running> {
    let folder = scratch()?;
    let wasm = workspace().join("target/wasm32-wasip2/function/probe.wasm");
    let manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"shop\"\n\
         [variables]\nurl = {{ required = true, secret = true }}\n\
         [application.tool.spindrift.database]\nmigrations = \".\"\noutbox_variable = \"url\"\n\
         roles = {{ url = \"spindrift_worker\" }}\n\
         [[trigger.kafka]]\ncomponent = \"pack\"\ntopic = \"{TOPIC}\"\ngroup = \"shop.pack\"\n\
         initial_offset = \"earliest\"\n\
         [[trigger.cron]]\ncomponent = \"count\"\nname = \"minutely\"\nschedule = \"* * * * * *\"\n\
         [component.pack]\nsource = \"{0}\"\n[component.count]\nsource = \"{0}\"\n",
        wasm.display()
    );
    let path = folder.path().join("spin.toml");
    std::fs::write(&path, manifest)?;
    let start = Start::command(&["relay", "--admin-listen", "off"])?;
    let start = start.args(&[
        "--from",
        &path.display().to_string(),
        "--deliver",
        &sink.url,
    ]);
    let start = start
        .variable("url", &database.worker_url)
        .env("KAFKA_BROKERS", &kafka.bootstrap());
    start.run().await
}

async fn write(kafka: &Kafka, record: &Value) -> Result {
    let producer: FutureProducer = kafka.client().create()?;
    let mut headers = OwnedHeaders::new();
    for header in record["headers"].as_array().context("no headers")? {
        headers = headers.insert(Header {
            key: header[0].as_str().context("no name")?,
            value: header[1].as_str(),
        });
    }
    let record = FutureRecord::to(TOPIC)
        .key(record["key"].as_str().context("no key")?)
        .payload(record["value"].as_str().context("no value")?)
        .headers(headers);
    let written = producer.send(record, Duration::from_secs(10)).await;
    written.map_err(|(error, _)| error)?;
    Ok(())
}

#[tokio::test]
async fn what_a_function_is_sent_is_what_knative_s_sources_send() -> Result {
    if skipped() {
        return Ok(());
    }
    let (table, sink) = (table()?, Sink::new().await?);
    let (kafka, database) = (
        Kafka::start(Options::nodes(1)).await?,
        Database::new().await?,
    );
    kafka.create_topic(TOPIC, 1).await?;
    let records = cases(&table, "kafka")?;
    for case in &records {
        write(&kafka, &case["record"]).await?;
    }
    let running = relay(&kafka, &database, &sink).await?;
    for (offset, case) in records.iter().enumerate() {
        check(case, &sink.next("/_events/pack").await?, offset)?;
    }
    for case in cases(&table, "ping")? {
        check(&case, &sink.next("/_events/count").await?, 0)?;
    }
    running.stop().await?;
    Ok(())
}

#[test]
fn every_difference_has_its_reason_and_every_reason_its_difference() -> Result {
    let table = table()?;
    let reasons: BTreeSet<String> = headers(&table, "differences")?.keys().cloned().collect();
    let mut differ = BTreeSet::new();
    for kind in ["kafka", "ping"] {
        for case in cases(&table, kind)? {
            let (sent, ours) = (headers(&case, "sent")?, headers(&case, "ours")?);
            for (name, value) in ours {
                ensure!(
                    sent.get(&name) != Some(&value),
                    "{name} does not differ in {}",
                    case["name"]
                );
                differ.insert(name);
            }
        }
    }
    assert_eq!(differ, reasons);
    Ok(())
}

#[test]
fn a_header_that_differs_is_seen() -> Result {
    let table = table()?;
    let case = &cases(&table, "kafka")?[2];
    let mut delivery = Delivery {
        headers: expected(case)?,
        body: "hello".to_owned(),
    };
    delivery
        .headers
        .insert("ce-time".to_owned(), "yesterday".to_owned());
    let error = check(case, &delivery, 2).err().context("nothing is seen")?;
    assert!(
        error
            .to_string()
            .contains("ce-id is partition:0/offset:{offset}")
    );
    assert!(!agrees("{written}", "yesterday", 0));
    assert!(agrees("{name}@{due}", "minutely@2026-01-01T00:00:00Z", 0));
    Ok(())
}
