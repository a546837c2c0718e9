//! What subscriptions and jobs become.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use spindrift_manifest::{
    App, CatchUp, Checks, InitialOffset, KafkaTopic, Overlap, Retry, SaslMechanism,
    SecurityProtocol, load,
};

fn app() -> App {
    load(Path::new("tests/events/spin.toml"), &Checks::default()).unwrap()
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn topic(name: &str, dead_letter_topic: &str) -> KafkaTopic {
    KafkaTopic {
        name: name.to_owned(),
        dead_letter_topic: dead_letter_topic.to_owned(),
    }
}

#[test]
fn a_subscription_has_its_defaults_written_out() {
    let app = app();
    let [notify, audit] = &app.kafka[..] else {
        panic!("not two subscriptions")
    };
    assert_eq!((notify.id.as_str(), notify.line), ("trigger-kafka-0", 22));
    assert_eq!(notify.component, "notify");
    assert_eq!(notify.topics, [topic("todo-events", "todo-events.dlq")]);
    assert_eq!(notify.group, "todo.notify");
    assert_eq!(notify.initial_offset, InitialOffset::Earliest);
    assert_eq!(notify.concurrency, None);
    assert_eq!(
        notify.retry,
        Retry {
            retries: 10,
            first: Duration::from_millis(600),
            cap: Duration::from_secs(30),
        }
    );
    assert_eq!(audit.id, "audit");
    assert_eq!(
        audit.topics,
        [
            topic("todo-events", "audit-failures"),
            topic("user-events", "audit-failures")
        ]
    );
    assert_eq!(audit.group, "the-audit");
    assert_eq!(audit.initial_offset, InitialOffset::Latest);
    assert_eq!(audit.concurrency, Some(4));
    assert_eq!(
        audit.retry,
        Retry {
            retries: 3,
            first: Duration::from_millis(100),
            cap: Duration::from_secs(5),
        }
    );
    assert!(app.http.is_empty(), "no route is needed");
}

#[test]
fn every_job_has_a_name_of_its_own() {
    let app = app();
    let names: Vec<_> = app.cron.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["sweep", "sweep-2", "sweep-3"]);
    assert!(app.cron.iter().all(|job| job.component == "sweep"));
    let [hourly, nightly, _] = &app.cron[..] else {
        panic!("not three jobs")
    };
    assert_eq!(
        (hourly.overlap, hourly.catch_up),
        (Overlap::Skip, CatchUp::One)
    );
    assert_eq!(hourly.time_zone.name(), "UTC");
    assert_eq!(
        (nightly.overlap, nightly.catch_up),
        (Overlap::Allow, CatchUp::None)
    );
    assert_eq!(nightly.time_zone.name(), "Europe/Berlin");
    assert_eq!(nightly.schedule.as_str(), "0 30 2 * * *");
}

#[test]
fn without_brokers_there_is_no_connection_and_nothing_is_missing() {
    assert_eq!(app().kafka_connection(&BTreeMap::new()).unwrap(), None);
}

#[test]
fn the_connection_comes_from_the_variables() {
    let given = values(&[
        ("kafka_brokers", "a:9092, [::1]:9093,c"),
        ("kafka_password", "hunter2"),
    ]);
    let connection = app().kafka_connection(&given).unwrap().unwrap();
    assert_eq!(connection.brokers, ["a:9092", "[::1]:9093", "c"]);
    assert_eq!(connection.security_protocol, SecurityProtocol::SaslSsl);
    assert_eq!(
        connection.ca_file.as_deref(),
        Some(Path::new("tests/events/ca.pem"))
    );
    assert!(!format!("{connection:?}").contains("hunter2"));
    let sasl = connection.sasl.unwrap();
    assert_eq!(sasl.mechanism, SaslMechanism::ScramSha512);
    assert_eq!(
        (sasl.username.as_str(), sasl.password.as_str()),
        ("todo", "hunter2")
    );

    assert_eq!(connection.topic_prefix, "");

    // The same manifest without any of it, for a broker beside the program.
    let given = values(&[
        ("kafka_brokers", "localhost:9092"),
        ("kafka_protocol", "plaintext"),
    ]);
    let connection = app().kafka_connection(&given).unwrap().unwrap();
    assert_eq!(connection.security_protocol, SecurityProtocol::Plaintext);
    assert_eq!((&connection.sasl, &connection.ca_file), (&None, &None));

    // Beside production.
    let given = values(&[
        ("kafka_brokers", "localhost:9092"),
        ("kafka_protocol", "plaintext"),
        ("kafka_prefix", "staging-"),
    ]);
    let connection = app().kafka_connection(&given).unwrap().unwrap();
    assert_eq!(connection.name("todo.audit"), "staging-todo.audit");
    let topics = connection.topics(&app().kafka[0]);
    assert_eq!(topics[0].name, "staging-todo-events");
    assert_eq!(topics[0].dead_letter_topic, "staging-todo-events.dlq");
}

#[test]
fn what_is_wrong_with_the_values_is_said_without_them() {
    let mut app = app();
    app.root = "tests".into();
    let given = values(&[("kafka_brokers", "localhost:9092")]);
    let error = app.kafka_connection(&given).unwrap_err().to_string();
    assert_eq!(
        error,
        "tests/events/spin.toml:18: application.trigger.kafka.password: variable \
         `kafka_password` has no value: give it one with `--variable kafka_password=...`"
    );
    let given = values(&[
        ("kafka_brokers", "localhost:9092"),
        ("kafka_password", "hunter2"),
    ]);
    let error = app.kafka_connection(&given).unwrap_err().to_string();
    assert_eq!(
        error,
        "tests/events/spin.toml:19: application.trigger.kafka.ca_file: no such file `ca.pem`: \
         put the certificates there, or correct the path"
    );
    for (name, value, key, expected) in [
        (
            "kafka_brokers",
            "hunter2@x",
            "brokers",
            "must be `host:port`, several separated by commas: write `localhost:9092`, say",
        ),
        (
            "kafka_prefix",
            "staging/",
            "topic_prefix",
            "must be letters, digits, `-`, `_` and `.`, 64 at most: write `staging-`, say",
        ),
        (
            "kafka_protocol",
            "sas_ssl",
            "security_protocol",
            "must be `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`; did you mean `sasl_ssl`?",
        ),
    ] {
        let mut given = values(&[("kafka_brokers", "localhost:9092")]);
        given.insert(name.to_owned(), value.to_owned());
        let error = app.kafka_connection(&given).unwrap_err().to_string();
        assert!(
            error.ends_with(&format!(
                "application.trigger.kafka.{key}: `{{{{ {name} }}}}` is malformed once expanded: {expected}"
            )),
            "{error}"
        );
    }
}
