//! The relay without Kafka: real PostgreSQL, events straight to functions.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use spindrift_cloudevents::Answer;
use support::{Database, Functions, Relay, subscription, until, write, write_for};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_taken_back_publishes_nothing() -> Result<()> {
    let database = Database::start().await?;
    let functions = Functions::willing();
    let relay = Relay::direct(&database, vec![subscription("a", &["t"])], &functions);
    let mut client = database.owner.connect().await?;
    let change = client.transaction().await?;
    write(change.client(), "t", "k", "never").await?;
    change.rollback().await?;
    write(&client, "t", "k", "made").await?;
    until("the event", async || Ok(!functions.ids("a").is_empty())).await?;
    assert_eq!(functions.ids("a"), ["made"]);
    relay.stop().await?;
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_commits_late_is_not_lost_and_holds_up_nobody() -> Result<()> {
    let database = Database::start().await?;
    let functions = Functions::willing();
    let relay = Relay::direct(&database, vec![subscription("a", &["t"])], &functions);
    let mut slow = database.owner.connect().await?;
    let client = database.owner.connect().await?;
    let late = slow.transaction().await?;
    write(late.client(), "t", "slow", "first").await?;
    for n in 0..100 {
        write(&client, "t", "quick", &format!("{n}")).await?;
    }
    until("the others", async || Ok(functions.ids("a").len() == 100)).await?;
    late.commit().await?;
    until("the late one", async || Ok(functions.ids("a").len() == 101)).await?;
    assert_eq!(functions.ids("a").last().unwrap(), "first");
    relay.stop().await?;
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_key_keeps_its_order_through_retries() -> Result<()> {
    let database = Database::start().await?;
    // Every third event fails twice before it succeeds.
    let functions = Functions::new(|given, before| {
        let number: usize = given.id.rsplit('-').next().unwrap().parse().unwrap();
        if number.is_multiple_of(3) && before < 2 {
            Answer::Status(500)
        } else {
            Answer::Status(204)
        }
    });
    let both = vec![subscription("a", &["t"]), subscription("b", &["t", "u"])];
    let relay = Relay::direct(&database, both, &functions);
    let client = database.owner.connect().await?;
    for n in 0..40 {
        for key in ["x", "y", "z"] {
            write(&client, "t", key, &format!("{key}-{n}")).await?;
        }
    }
    write(&client, "u", "x", "x-40").await?;
    write(&client, "nobody", "x", "x-41").await?;
    until("everything", async || {
        Ok(database.count("deliveries").await? == 0
            && database.count("outbox WHERE published_at IS NULL").await? == 0)
    })
    .await?;
    for (component, x) in [("a", 40), ("b", 41)] {
        let mut seen: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for id in functions.ids(component) {
            let (key, number) = id.split_once('-').unwrap();
            let numbers = seen.entry(key.to_owned()).or_default();
            let number = number.parse()?;
            // Again is the same one once more, and nothing in between.
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
        assert_eq!(seen["x"], (0..x).collect::<Vec<_>>(), "{component}");
        assert_eq!(seen["y"], (0..40).collect::<Vec<_>>(), "{component}");
        assert_eq!(seen["z"], (0..40).collect::<Vec<_>>(), "{component}");
    }
    relay.stop().await?;
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_succeeds_is_a_dead_letter_with_all_that_it_was() -> Result<()> {
    let database = Database::start().await?;
    let functions = Functions::new(|given, _| match given.id.as_str() {
        "refused" => Answer::Status(422),
        "failing" => Answer::Status(500),
        _ => Answer::Status(204),
    });
    let relay = Relay::direct(&database, vec![subscription("a", &["t"])], &functions);
    let client = database.owner.connect().await?;
    for id in ["refused", "failing", "fine"] {
        write(&client, "t", "k", id).await?;
    }
    client
        .execute(
            "INSERT INTO spindrift.outbox (topic, key, headers, data) VALUES ('t', 'k', '{\"id\": 7}', '{}')",
            &[],
        )
        .await?;
    until("the dead letters", async || {
        Ok(database.count("dead_letters").await? == 3)
    })
    .await?;
    let rows = client
        .query(
            "SELECT headers->>'id', code, attempts, consumer, reason, data::text \
             FROM spindrift.dead_letters ORDER BY id",
            &[],
        )
        .await?;
    let dead: Vec<(String, i32, i32)> = rows
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    assert_eq!(
        dead,
        [
            ("refused".to_owned(), 422, 1),
            ("failing".to_owned(), 500, 4),
            ("7".to_owned(), 0, 0)
        ]
    );
    assert_eq!(rows[0].get::<_, &str>(3), "test.a");
    assert_eq!(rows[0].get::<_, &str>(5), r#"{"key": "k"}"#);
    assert!(rows[2].get::<_, &str>(4).contains("headers"));
    assert_eq!(functions.ids("a").last().unwrap(), "fine");
    relay.stop().await?;
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_written_ahead_comes_at_its_time() -> Result<()> {
    let database = Database::start().await?;
    let functions = Functions::willing();
    let relay = Relay::direct(&database, vec![subscription("a", &["t"])], &functions);
    let client = database.owner.connect().await?;
    // Asleep, so that the time has to wake it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    write_for(&client, "t", "k", "later", 1.25).await?;
    until("the event", async || Ok(!functions.ids("a").is_empty())).await?;
    let after = begun.elapsed();
    assert!(after >= Duration::from_millis(1200), "{after:?}");
    assert!(after < Duration::from_millis(1700), "{after:?}");
    relay.stop().await?;
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_relays_one_works_and_the_other_takes_over() -> Result<()> {
    let database = Database::start().await?;
    let functions = Functions::willing();
    let wants = || vec![subscription("a", &["t"])];
    let relays = [
        Relay::direct(&database, wants(), &functions),
        Relay::direct(&database, wants(), &functions),
    ];
    let client = database.owner.connect().await?;
    let worker = database.worker.connect().await?;
    let leaders = || -> Result<f64> {
        let leads = relays
            .iter()
            .map(|relay| relay.metric("spindrift_outbox_leader"));
        leads.sum::<Result<f64>>()
    };
    for round in 0..5 {
        until("a leader", async || Ok(leaders()? == 1.0)).await?;
        let held = "SELECT pg_terminate_backend(pid) FROM pg_locks \
                    WHERE locktype = 'advisory' AND granted AND objid = 1660348780";
        for n in 0..50 {
            write(&client, "t", "k", &format!("{}", round * 50 + n)).await?;
            if n == 25 {
                worker.query(held, &[]).await?;
            }
        }
    }
    until("everything", async || {
        Ok(database.count("deliveries").await? == 0 && functions.ids("a").len() >= 250)
    })
    .await?;
    let mut first_seen = Vec::new();
    for id in functions.ids("a") {
        let id: usize = id.parse()?;
        if !first_seen.contains(&id) {
            first_seen.push(id);
        }
    }
    assert_eq!(first_seen, (0..250).collect::<Vec<_>>());
    for relay in relays {
        relay.stop().await?;
    }
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_waits_holds_up_nobody_and_catches_up_in_order() -> Result<()> {
    let database = Database::start().await?;
    let away = Arc::new(AtomicBool::new(true));
    let is_away = away.clone();
    let functions = Functions::new(move |given, _| {
        if is_away.load(Ordering::SeqCst) && given.body == r#"{"key": "stuck"}"# {
            Answer::Unavailable("its database is away".to_owned())
        } else {
            Answer::Status(204)
        }
    });
    let relay = Relay::direct(&database, vec![subscription("a", &["t"])], &functions);
    let client = database.owner.connect().await?;
    for n in 0..3000 {
        write(&client, "t", "stuck", &format!("{n}")).await?;
        if n % 100 == 0 {
            write(&client, "t", "free", &format!("free-{n}")).await?;
        }
    }
    until("the free ones", async || {
        let free = functions
            .ids("a")
            .iter()
            .filter(|id| id.starts_with("free"))
            .count();
        Ok(free == 30)
    })
    .await?;
    away.store(false, Ordering::SeqCst);
    until("the others", async || {
        Ok(database.count("deliveries").await? == 0)
    })
    .await?;
    let mut stuck: Vec<usize> = Vec::new();
    for id in functions.ids("a") {
        if let Ok(id) = id.parse()
            && stuck.last() != Some(&id)
        {
            stuck.push(id);
        }
    }
    assert_eq!(stuck, (0..3000).collect::<Vec<_>>());
    assert_eq!(database.count("dead_letters").await?, 0);
    relay.stop().await?;
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stop_interrupted_is_delivered_by_the_next_relay() -> Result<()> {
    let database = Database::start().await?;
    let failing = Functions::new(|_, _| Answer::Status(503));
    let wants = || vec![subscription("a", &["t"])];
    let relay = Relay::direct(&database, wants(), &failing);
    let client = database.owner.connect().await?;
    for n in 0..20 {
        write(&client, "t", "k", &format!("{n}")).await?;
    }
    until("an attempt", async || Ok(failing.given().len() > 1)).await?;
    relay.stop().await?;
    let left = database.count("deliveries").await?
        + database.count("outbox WHERE published_at IS NULL").await?;
    assert_eq!(left, 20);
    let willing = Functions::willing();
    let relay = Relay::direct(&database, wants(), &willing);
    until("everything", async || {
        Ok(database.count("deliveries").await? == 0)
    })
    .await?;
    let numbers: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(willing.ids("a"), numbers);
    relay.stop().await?;
    database.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_go_once_nobody_needs_them() -> Result<()> {
    let database = Database::start().await?;
    let owner = database.owner.connect().await?;
    // The relay of these tests keeps rows for an hour.
    owner
        .batch_execute(
            "INSERT INTO spindrift.outbox (topic, key, headers, data, created_at, published_at) \
                 SELECT age, n, '{}', '{}', now() - age::interval, now() - published::interval \
                 FROM (VALUES ('2 h', '2 h', 2500), ('3 h', '1 min', 1), ('1 min', '1 min', 10)) \
                     AS rows (age, published, count), generate_series(1, count) n; \
             INSERT INTO spindrift.deliveries (consumer, lane, outbox_id) \
                 SELECT 'away', 0, min(id) FROM spindrift.outbox",
        )
        .await?;
    let functions = Functions::willing();
    let relay = Relay::direct(&database, vec![subscription("a", &["t"])], &functions);
    let old = "outbox WHERE topic = '2 h'";
    until("the old rows to go", async || {
        Ok(database.count(old).await? == 1)
    })
    .await?;
    assert_eq!(database.count("deliveries").await?, 1);
    assert_eq!(database.count("outbox").await?, 12);
    relay.stop().await?;
    database.stop().await
}
