//! `spindrift dlq`

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::{AppArgs, DatabaseArgs, KafkaArgs, OutputArgs, VariableArgs};

/// `spindrift dlq`
#[derive(Args, Debug)]
pub(crate) struct DlqArgs {
    #[command(subcommand)]
    pub(crate) command: DlqCommand,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) variables: VariableArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DlqCommand {
    /// List dead letters, oldest first.
    List(DlqListArgs),
    /// Show one with everything that it carries.
    Show(DlqShowArgs),
    /// Have dead letters delivered again, under the ids that their events have.
    Replay(DlqReplayArgs),
}

/// Which dead letters.
#[derive(Args, Debug, Default)]
pub(crate) struct DlqFilter {
    /// On this topic.
    #[arg(long, value_name = "TOPIC")]
    pub(crate) topic: Option<String>,
    /// Of this type, such as todo.task.created.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) ty: Option<String>,
    /// With this event id.
    #[arg(long, value_name = "ID")]
    pub(crate) event_id: Option<String>,
    /// Given up since then, such as 2026-05-01T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<DateTime<Utc>>,
    /// Given up before then.
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<DateTime<Utc>>,
    /// Those that were replayed already, too. (Kafka's topics do not know which were.)
    #[arg(long)]
    pub(crate) replayed: bool,
}

impl DlqFilter {
    /// Whether it says anything about which are meant.
    pub(crate) fn chooses(&self) -> bool {
        self.topic.is_some()
            || self.ty.is_some()
            || self.event_id.is_some()
            || self.since.is_some()
            || self.before.is_some()
    }
}

/// A dead letter's name, as `list` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LetterId {
    /// A number: a row of the database.
    Row(i64),
    /// TOPIC/PARTITION/OFFSET: a record of Kafka.
    Record(RecordPlace),
}

/// Where a record is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecordPlace {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

impl fmt::Display for RecordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(number) => number.fmt(f),
            Self::Record(place) => place.fmt(f),
        }
    }
}

impl FromStr for LetterId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let record = || {
            let (rest, offset) = text.rsplit_once('/')?;
            let (topic, partition) = rest.rsplit_once('/')?;
            Some(Self::Record(RecordPlace {
                topic: topic.to_owned(),
                partition: partition.parse().ok()?,
                offset: offset.parse().ok()?,
            }))
        };
        let row = text.parse().ok().map(Self::Row);
        row.or_else(record).ok_or_else(|| {
            "expected a number or TOPIC/PARTITION/OFFSET, as `spindrift dlq list` shows them"
                .to_owned()
        })
    }
}

impl LetterId {
    /// The rows and the records among them.
    pub(crate) fn split(letters: &[Self]) -> (Vec<i64>, Vec<RecordPlace>) {
        let (mut rows, mut records) = (Vec::new(), Vec::new());
        for letter in letters {
            match letter {
                Self::Row(number) => rows.push(*number),
                Self::Record(place) => records.push(place.clone()),
            }
        }
        (rows, records)
    }
}

/// `spindrift dlq list`
#[derive(Args, Debug)]
pub(crate) struct DlqListArgs {
    #[command(flatten)]
    pub(crate) filter: DlqFilter,
    /// At most so many, the newest.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) limit: i64,
}

/// `spindrift dlq show`
#[derive(Args, Debug)]
pub(crate) struct DlqShowArgs {
    /// Its name, as `list` shows it.
    pub(crate) letter: LetterId,
}

/// `spindrift dlq replay`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift dlq replay 17 18
  spindrift dlq replay todo-events.dlq/3/41
  spindrift dlq replay --topic todo-events --since 2026-05-01T08:00:00Z --dry-run

An event goes to every consumer of its topic again. Those that handled it know its id, for 30 days,
and do nothing. So what was given up 29 days ago or longer is replayed with --force alone.")]
pub(crate) struct DlqReplayArgs {
    /// Their names, as `list` shows them.
    pub(crate) letters: Vec<LetterId>,
    #[command(flatten)]
    pub(crate) filter: DlqFilter,
    /// Only say which they are.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// All that there are, when nothing else says which.
    #[arg(long)]
    pub(crate) all: bool,
    /// Also those of which consumers may have forgotten that they handled them.
    #[arg(long)]
    pub(crate) force: bool,
}
