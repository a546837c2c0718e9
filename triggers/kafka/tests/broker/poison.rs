//! Records that never will be handled.

use std::time::Duration;

use anyhow::Result;
use spindrift_cloudevents::Answer;

use crate::support::{Function, Raw, World, kafka, read, until, write};

const SPEC: (&str, &[u8]) = ("ce_specversion", b"1.0");
const SOURCE: (&str, &[u8]) = ("ce_source", b"/test");
const JSON: &str = "application/cloudevents+json";

fn event(id: &str, ty: &str, value: &[u8]) -> Raw {
    Raw::new(
        &[
            SPEC,
            ("ce_id", id.as_bytes()),
            SOURCE,
            ("ce_type", ty.as_bytes()),
        ],
        value,
    )
}

fn structured(document: &str) -> Raw {
    Raw::new(&[("content-type", JSON.as_bytes())], document.as_bytes())
}

/// Each with a word of the reason that its dead letter must tell.
fn poison() -> Vec<(Raw, &'static str)> {
    let id: (&str, &[u8]) = ("ce_id", b"poison");
    let ty: (&str, &[u8]) = ("ce_type", b"t");
    vec![
        (Raw::new(&[SPEC, SOURCE, ty], b"no id"), "`id`"),
        (
            Raw::new(&[("ce_specversion", b"0.3"), id, SOURCE, ty], b"old"),
            "0.3",
        ),
        (
            Raw::new(&[SPEC, ("ce_id", b"\xff\xfe"), SOURCE, ty], b"bytes"),
            "UTF-8",
        ),
        (
            Raw::new(&[SPEC, id, SOURCE, ty, ("ce_a-b", b"1")], b"name"),
            "`a-b`",
        ),
        (
            Raw::new(&[SPEC, id, SOURCE, ty, ("ce_x", b"a\0b")], b"control"),
            "control",
        ),
        (structured("{ no json"), "JSON"),
        (
            structured(r#"{"specversion":"1.0","id":"","source":"/s","type":"t"}"#),
            "`id`",
        ),
        (
            structured(
                r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":"AA=="}"#,
            ),
            "both",
        ),
        (event("poison", "too.large", &[b'x'; 300_000]), "413"),
        (event("poison", "unknown.version", b"{}"), "422"),
        (event("poison", "trap", b"{}"), "out of bounds"),
        (
            Raw {
                value: None,
                ..event("poison", "unknown.version", b"")
            },
            "422",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_goes_to_the_dead_letters_and_holds_nothing_up() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 1).await?;
    let function = Function::new(Duration::ZERO, |event, _| match event.ty() {
        "too.large" => Answer::Status(413),
        "unknown.version" => Answer::Status(422),
        "trap" => Answer::None("a trap: out of bounds memory access".into()),
        _ => Answer::Status(204),
    });
    let poison = poison();
    let mixed = poison
        .iter()
        .enumerate()
        .flat_map(|(n, (poison, _))| [event(&format!("good/{n}"), "good", b"{}"), poison.clone()]);
    let topic = world.topic(0);
    write(kafka.client(), &topic.name, &mixed.collect::<Vec<_>>()).await?;
    let consumer = world.consume(&function)?;
    let letters = read(kafka.client(), &topic.dead_letter_topic, poison.len()).await?;
    until("the good ones", async || {
        function.done().len() >= poison.len()
    })
    .await?;
    consumer.stop().await?;
    for ((poison, reason), letter) in poison.iter().zip(&letters) {
        let kept = poison.headers.len();
        assert_eq!(
            (&letter.key, &letter.value),
            (&poison.key, &poison.value),
            "{reason}"
        );
        assert_eq!(letter.headers[..kept], poison.headers[..], "{reason}");
        let binary = poison.header("ce_specversion").is_some();
        let name = if binary {
            "ce_deadletterreason"
        } else {
            "deadletterreason"
        };
        let told = letter.header(name).unwrap();
        assert!(told.contains(reason), "{told} does not tell of {reason}");
    }
    let attempts: Vec<_> = letters
        .iter()
        .map(|l| l.header("ce_deadletterattempts"))
        .collect();
    assert_eq!(attempts[0].as_deref(), Some("0"));
    assert_eq!(attempts[9].as_deref(), Some("1"));
    assert_eq!(attempts[10].as_deref(), Some("6"));
    let all = 2 * i64::try_from(poison.len())?;
    assert_eq!(world.committed(&topic.name).await?, all);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_too_large_for_its_dead_letters_is_told_of_there() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let mut world = World::new(kafka, 1, 1).await?;
    let small = format!("{}.small", world.topic(0).name);
    kafka
        .create_topic_with(&small, 1, &[("max.message.bytes", "10000")])
        .await?;
    world.subscription.topics[0]
        .dead_letter_topic
        .clone_from(&small);
    let function = Function::new(Duration::ZERO, |event, _| match event.ty() {
        "large" => Answer::Status(413),
        _ => Answer::Status(204),
    });
    // Not to be compressed away.
    let noise: Vec<u8> = (0..50_000)
        .flat_map(|_| uuid::Uuid::new_v4().into_bytes())
        .collect();
    let records = [event("1", "large", &noise), event("2", "good", b"{}")];
    write(kafka.client(), &world.topic(0).name, &records).await?;
    let consumer = world.consume(&function)?;
    until("the good one", async || function.done() == ["2"]).await?;
    consumer.stop().await?;
    let letter = read(kafka.client(), &small, 1).await?.remove(0);
    assert_eq!(letter.value, None);
    assert_eq!(
        letter.header("ce_deadletteromitted").as_deref(),
        Some("800000")
    );
    assert_eq!(letter.header("ce_id").as_deref(), Some("1"));
    Ok(())
}
