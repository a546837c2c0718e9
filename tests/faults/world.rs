//! A scenario's database, its people, and how it ends.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use spindrift_test_kafka::Kafka;
use spindrift_tests::{Database, Running, Start};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::checker::{Verdict, check};
use crate::found::{Found, left_over, unread};
use crate::ledger::Shared;
use crate::traffic::{Caller, Writer};

/// How long it may be that nothing gets any further while something is left. How long
/// it takes in all is the machine's business.
const STANDSTILL: Duration = Duration::from_secs(60);

/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// The log of events keeps a second effect out by its key. Here a second one has to
/// show, and the order in which they came.
const BARE_LOGS: &str = "\
    ALTER TABLE todo.task_event_log DROP CONSTRAINT task_event_log_pkey; \
    ALTER TABLE todo.account_event_log DROP CONSTRAINT account_event_log_pkey; \
    ALTER TABLE todo.task_event_log ADD COLUMN position bigint GENERATED ALWAYS AS IDENTITY";

/// Where the witness writes what it is given.
const WITNESS: &str = "\
    CREATE SCHEMA witness; GRANT USAGE ON SCHEMA witness TO spindrift_worker; \
    CREATE TABLE witness.deliveries (position bigint GENERATED ALWAYS AS IDENTITY, \
        source text NOT NULL, event_id text NOT NULL); \
    GRANT INSERT ON witness.deliveries TO spindrift_worker";

/// A database with people in it, and the ledger of what they send.
pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) ledger: Shared,
    client: Client,
    /// The Kafka that events go through, if they do.
    brokers: Option<String>,
}

impl World {
    /// An empty one.
    pub(crate) async fn new() -> Result<Self> {
        let database = Database::new().await?;
        let client = database.connect().await?;
        client.batch_execute(BARE_LOGS).await?;
        client.batch_execute(WITNESS).await?;
        Ok(Self {
            database,
            ledger: Shared::default(),
            client,
            brokers: None,
        })
    }

    /// The same with events that go through a Kafka, in which nobody else's are left.
    pub(crate) fn through(self, kafka: &Kafka) -> Self {
        Self {
            brokers: Some(kafka.bootstrap()),
            ..self
        }
    }

    /// So many new people, who write straight into the outbox.
    pub(crate) async fn writer(&self, people: usize) -> Result<Writer> {
        let people = self.people(people).await?;
        let client = self.database.connect().await?;
        Ok(Writer::new(client, people, self.ledger.clone()))
    }

    /// So many new people, who call the API of a program.
    pub(crate) async fn callers(&self, url: &str, people: usize) -> Result<Vec<Caller>> {
        let people = self.people(people).await?.into_iter();
        let caller = |id| Caller::new(url, id, self.ledger.clone());
        Ok(people.map(caller).collect())
    }

    async fn people(&self, count: usize) -> Result<Vec<Uuid>> {
        let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
        let sql = "INSERT INTO todo.users (id, email) \
            SELECT id, id || '@example.com' FROM unnest($1::uuid[]) id";
        self.client.execute(sql, &[&ids]).await?;
        Ok(ids)
    }

    /// The todo application on this database.
    pub(crate) async fn todo(&self) -> Result<Start> {
        let start = Start::todo(&self.database).await?;
        Ok(match &self.brokers {
            Some(brokers) => start.args(&["--kafka-brokers", brokers]),
            None => start,
        })
    }

    /// Runs a statement.
    pub(crate) async fn execute(&self, sql: &str) -> Result<u64> {
        Ok(self.client.execute(sql, &[]).await?)
    }

    /// A number that a query answers.
    pub(crate) async fn number(&self, sql: &str) -> Result<i64> {
        Ok(self.client.query_one(sql, &[]).await?.get(0))
    }

    /// Notes that something was killed.
    pub(crate) fn killed(&self) {
        self.ledger.open().kills += 1;
    }

    /// Waits until everything that is due was delivered.
    pub(crate) async fn drained(&self) -> Result<()> {
        let (mut last, mut moved) = ([0, 0], Instant::now());
        loop {
            let mut left = left_over(&self.client).await?;
            if left == [0, 0] && self.brokers.is_some() {
                left[1] = unread(&self.client).await?;
            }
            if left == [0, 0] {
                return Ok(());
            }
            if left != last {
                (last, moved) = (left, Instant::now());
            }
            let [unpublished, undelivered] = left;
            ensure!(
                moved.elapsed() < STANDSTILL,
                "{unpublished} events and {undelivered} deliveries are left, and nothing moves"
            );
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// What the checker says now.
    pub(crate) async fn verdict(&self) -> Result<Verdict> {
        let found = Found::read(&self.database).await?;
        Ok(check(&self.ledger.open(), &found))
    }

    /// Waits for the end, stops the program, and expects that all is well.
    pub(crate) async fn finish(&self, scenario: &str, running: Running) -> Result<()> {
        self.drained().await?;
        running.stop().await?;
        self.expect_well(scenario).await
    }

    /// Tells the figures, and fails when the checker saw any fault.
    pub(crate) async fn expect_well(&self, scenario: &str) -> Result<()> {
        let verdict = self.verdict().await?;
        tell(&format!("{scenario}: {verdict}"));
        let first: Vec<_> = verdict.faults.iter().take(10).collect();
        ensure!(verdict.faults.is_empty(), "{scenario}: {first:#?}");
        Ok(())
    }
}

/// Says something to whoever runs the suite, also when all is well.
pub(crate) fn tell(line: &str) {
    // The test harness would keep back what is printed by the usual macros.
    _ = writeln!(std::io::stderr(), "faults: {line}");
}
