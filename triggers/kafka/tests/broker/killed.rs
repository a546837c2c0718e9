//! A consumer that is killed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::Request;
use spindrift_cloudevents::{Answer, Sink};

use crate::support::{
    Function, World, doubles, first_in_order, good, kafka, named, plaintext, until,
};

/// What tells the second process of this test what to do.
const CHILD: &str = "SPINDRIFT_TEST_KILLED";

const NAME: &str = "killed::a_consumer_that_is_killed_loses_nothing";

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_killed_loses_nothing() -> Result<()> {
    if let Ok(orders) = std::env::var(CHILD) {
        return consume_until_killed(&orders).await;
    }
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 12).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("done");
    good(world.producer.publish(world.events(50, 100)).await)?;
    let group = &world.subscription.group;
    let topic = &world.topic(0).name;
    let orders = format!(
        "{} {topic} {group} {}",
        world.connection.brokers.join(","),
        file.display()
    );
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, orders)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let worked = until("half of the work", async || lines(&file).len() >= 2500).await;
    child.kill()?;
    child.wait()?;
    worked?;
    let mut done = lines(&file);
    let before = done.len();
    let function = Function::good();
    let consumer = world.consume(&function)?;
    until("the rest", async || {
        let all = [done.clone(), function.done()].concat();
        all.len() - doubles(&all) >= 5000
    })
    .await?;
    consumer.stop().await?;
    done.extend(function.done());
    let counts = first_in_order(&done);
    assert!(counts.len() == 50 && counts.values().all(|count| *count == 100));
    let doubled = doubles(&done);
    assert!(
        doubled < before,
        "nothing was committed: {doubled} of {before} doubled"
    );
    println!("5000 events, killed after {before}, {doubled} doubled");
    Ok(())
}

/// Writes the id of each event into a file, when it is done.
struct Noting(PathBuf);

impl Sink for Noting {
    async fn call(&self, _: &str, request: Request<Bytes>) -> Answer {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let id = request.headers()["ce-id"].to_str().unwrap().to_owned();
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.0)
            .unwrap();
        file.write_all(format!("{id}\n").as_bytes()).unwrap();
        Answer::Status(204)
    }
}

async fn consume_until_killed(orders: &str) -> Result<()> {
    let orders: Vec<&str> = orders.splitn(4, ' ').collect();
    let [brokers, topic, group, file] = orders[..] else {
        anyhow::bail!("what is to be done: {orders:?}");
    };
    let mut world = World::with(plaintext(brokers), 0, 1, 1).await?;
    world.subscription.topics = vec![named(topic.to_owned())];
    world.subscription.group = group.to_owned();
    let consumer = world.consume(&Arc::new(Noting(file.into())))?;
    // Long beyond the test's patience, should nobody come.
    tokio::time::sleep(Duration::from_secs(300)).await;
    consumer.stop().await.context("nobody killed this process")
}

fn lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
