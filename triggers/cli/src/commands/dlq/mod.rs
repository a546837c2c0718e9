//! `spindrift dlq`: dead letters of the database's table and of Kafka's topics.

mod replay;
mod table;
mod topics;

use std::process::ExitCode;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

use self::topics::Topics;
use super::load;
use super::session::Session;
use crate::args::{DlqArgs, DlqCommand, LetterId};
use crate::report::say;
use crate::{logging, variables};

/// Reads and replays dead letters.
pub(super) async fn run(args: DlqArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    let topics = topics(&args)?;
    let session = Session::open(&args.app, &args.database, reporter).await;
    // With Kafka alone there need be no database.
    let session = match (session, &topics) {
        (Err(_), Some(_)) if args.database.url().is_none() => None,
        (session, _) => Some(session?),
    };
    let letters = Letters { session, topics };
    let done = letters.act(&args.command).await;
    letters.close().await?;
    done?;
    Ok(ExitCode::SUCCESS)
}

/// The topics that the manifest names, where there are brokers. A database's dead
/// letters can be looked at without a manifest.
fn topics(args: &DlqArgs) -> Result<Option<Topics>> {
    if !args.app.from.exists() && args.kafka.kafka_brokers.is_none() {
        return Ok(None);
    }
    let mut app = load(&args.app, false)?;
    args.kafka.apply(&mut app)?;
    let values = variables::given(&app, &args.variables.variables)?;
    let connection = app.kafka_connection(&values)?;
    Ok(connection.map(|connection| Topics::new(&app, connection)))
}

/// Where dead letters are.
struct Letters {
    session: Option<Session>,
    topics: Option<Topics>,
}

impl Letters {
    async fn act(&self, command: &DlqCommand) -> Result<()> {
        match command {
            DlqCommand::List(args) => {
                let mut lines = Vec::new();
                if let Some(session) = &self.session {
                    let wanted = table::wanted(Vec::new(), &args.filter);
                    lines.extend(table::lines(&session.client, &wanted, args.limit).await?);
                }
                if let Some(topics) = &self.topics {
                    lines.extend(topics.list(&args.filter).await?);
                }
                lines.sort();
                let limit = usize::try_from(args.limit)?;
                print(&lines[lines.len().saturating_sub(limit)..]);
                Ok(())
            }
            DlqCommand::Show(args) => self.show(&args.letter).await,
            DlqCommand::Replay(args) => replay::run(self, args).await,
        }
    }

    async fn show(&self, letter: &LetterId) -> Result<()> {
        let document = match (letter, &self.session, &self.topics) {
            (LetterId::Row(number), Some(session), _) => {
                table::show(&session.client, *number).await?
            }
            (LetterId::Record(place), _, Some(topics)) => topics.show(place).await?,
            _ => bail!("{}", self.out_of_reach(letter)),
        };
        say(&serde_json::to_string_pretty(&document)?);
        Ok(())
    }

    fn out_of_reach(&self, letter: &LetterId) -> String {
        let remedy = match letter {
            LetterId::Row(_) => "its number is a row of the database: set DATABASE_URL",
            LetterId::Record(_) => "it is in a topic of Kafka: name the brokers by --kafka-brokers",
        };
        format!("the dead letter {letter} is out of reach; {remedy}")
    }

    async fn close(self) -> Result<()> {
        match self.session {
            Some(session) => session.close().await,
            None => Ok(()),
        }
    }
}

fn print(lines: &[Line]) {
    if lines.is_empty() {
        say("No dead letters");
    }
    for line in lines {
        say(&line.text);
    }
}

/// A line of a list. Lines are in the order of the deaths that they tell of.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    died_at: Option<DateTime<Utc>>,
    text: String,
}

/// What a line tells.
struct Told<'a> {
    letter: String,
    died_at: Option<DateTime<Utc>>,
    topic: &'a str,
    ty: &'a str,
    consumer: &'a str,
    reason: &'a str,
    attempts: String,
    replayed: bool,
}

impl From<Told<'_>> for Line {
    fn from(told: Told<'_>) -> Self {
        let Told {
            letter,
            died_at,
            topic,
            ty,
            consumer,
            reason,
            attempts,
            replayed,
        } = told;
        let at = died_at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        let at = at.as_deref().unwrap_or("?");
        let again = if replayed { ", replayed" } else { "" };
        let text = format!(
            "{letter}  {at}  {topic}  {ty}  {consumer}: {reason} ({attempts} attempts{again})"
        );
        Self { died_at, text }
    }
}
