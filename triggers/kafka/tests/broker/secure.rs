//! Brokers that ask who one is.

use std::time::Duration;

use anyhow::Result;
use spindrift_cloudevents::Answer;
use spindrift_kafka::Producer;
use spindrift_kafka::dead_letters::{Filter, read};
use spindrift_manifest::{KafkaConnection, Sasl, SaslMechanism, SecurityProtocol};
use spindrift_test_kafka::{Kafka, Options, skipped};

use crate::support::{Function, World, good, plaintext, until};

const USER: &str = "todo";
const PASSWORD: &str = "correct-horse";

fn connection(kafka: &Kafka, mechanism: SaslMechanism, password: &str) -> KafkaConnection {
    KafkaConnection {
        brokers: vec![kafka.bootstrap()],
        security_protocol: SecurityProtocol::SaslSsl,
        sasl: Some(Sasl {
            mechanism,
            username: USER.into(),
            password: password.into(),
        }),
        ca_file: Some(kafka.ca_file()),
        topic_prefix: String::new(),
    }
}

async fn refused(connection: &KafkaConnection) -> Result<String> {
    let producer = Producer::new(connection, Duration::from_secs(5))?;
    let error = producer.check().await.unwrap_err().to_string();
    producer.close().await;
    Ok(error)
}

#[tokio::test(flavor = "multi_thread")]
async fn scram_over_tls_carries_everything() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let kafka = Kafka::start(Options::nodes(1).sasl_scram(USER, PASSWORD).tls()).await?;
    for mechanism in [SaslMechanism::ScramSha256, SaslMechanism::ScramSha512] {
        let world = World::with(connection(&kafka, mechanism, PASSWORD), 1, 2, 1).await?;
        world.producer.check().await?;
        let function = Function::new(Duration::ZERO, |event, _| {
            Answer::Status(if event.id() == "key-0/0" { 422 } else { 204 })
        });
        let consumer = world.consume(&function)?;
        good(world.producer.publish(world.events(4, 25)).await)?;
        until("99 events", async || function.done().len() >= 99).await?;
        consumer.stop().await?;
        let dead = &world.topic(0).dead_letter_topic;
        let mut letters = read(&world.connection, dead, Filter::default());
        assert_eq!(letters.recv().await.unwrap()?.id(), Some("key-0/0"));
    }

    let wrong = connection(&kafka, SaslMechanism::ScramSha256, "wrong");
    let mut stranger = connection(&kafka, SaslMechanism::ScramSha256, PASSWORD);
    stranger.ca_file = None;
    let plain = plaintext(&kafka.bootstrap());
    let (wrong, stranger, plain) =
        tokio::try_join!(refused(&wrong), refused(&stranger), refused(&plain))?;
    assert!(wrong.contains("uthentication failed"), "{wrong}");
    assert!(!wrong.contains("wrong"), "{wrong}");
    assert!(stranger.contains("certificate verify failed"), "{stranger}");
    assert!(plain.contains("cannot be reached"), "{plain}");
    Ok(())
}
