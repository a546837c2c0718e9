//! `spindrift dlq replay`

use anyhow::{Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use spindrift_kafka::dead_letters::DeadLetter as Record;
use spindrift_outbox::dead_letters::Filter;
use tokio_postgres::Client;

use super::{Letters, print, table, topics};
use crate::args::{DlqReplayArgs, LetterId};
use crate::report::say;

/// For how long after an event was given up every consumer of it is sure to know
/// whether it handled it: the application's inbox keeps that for a day longer.
const REMEMBERED: TimeDelta = TimeDelta::days(29);

pub(super) async fn run(letters: &Letters, args: &DlqReplayArgs) -> Result<()> {
    if args.letters.is_empty() && !args.filter.chooses() && !args.all {
        bail!(
            "say which: their names, --topic, --type, --event-id, --since or --before; or --all for every dead letter"
        );
    }
    let chosen = Chosen::by(letters, args).await?;
    if args.dry_run {
        return chosen.print().await;
    }
    let cutoff = Utc::now() - REMEMBERED;
    if !args.force && chosen.any_before(cutoff).await? {
        bail!(
            "some of them were given up before {at}, and a consumer that handled one of those may have \
             forgotten it and would do it again. Leave them out by --since {at}, or insist by --force.",
            at = cutoff.format("%Y-%m-%dT%H:%M:%SZ")
        );
    }
    say(&format!("Replayed {} dead letters", chosen.replay().await?));
    Ok(())
}

/// The dead letters that are meant.
struct Chosen<'a> {
    rows: Option<(&'a Client, Filter)>,
    records: Option<(&'a topics::Topics, Vec<Record>)>,
}

impl<'a> Chosen<'a> {
    async fn by(letters: &'a Letters, args: &DlqReplayArgs) -> Result<Self> {
        let (rows, places) = LetterId::split(&args.letters);
        let everywhere = args.letters.is_empty();
        let mut named = args.letters.iter();
        let lost = named.find(|letter| match letter {
            LetterId::Row(_) => letters.session.is_none(),
            LetterId::Record(_) => letters.topics.is_none(),
        });
        if let Some(letter) = lost {
            bail!("{}", letters.out_of_reach(letter));
        }
        let in_table = everywhere || !rows.is_empty();
        let in_topics = everywhere || !places.is_empty();
        let session = letters.session.as_ref().filter(|_| in_table);
        Ok(Self {
            rows: session.map(|session| (&session.client, table::wanted(rows, &args.filter))),
            records: match letters.topics.as_ref().filter(|_| in_topics) {
                Some(topics) => Some((topics, topics.wanted(&places, &args.filter).await?)),
                None => None,
            },
        })
    }

    async fn print(&self) -> Result<()> {
        let mut lines = Vec::new();
        if let Some((client, filter)) = &self.rows {
            lines.extend(table::lines(client, filter, i64::MAX).await?);
        }
        let records = self.records.iter().flat_map(|(_, records)| records);
        lines.extend(records.map(topics::line));
        lines.sort();
        print(&lines);
        Ok(())
    }

    async fn any_before(&self, cutoff: DateTime<Utc>) -> Result<bool> {
        let mut records = self.records.iter().flat_map(|(_, records)| records);
        let old = |record: &Record| record.died_at.is_none_or(|died_at| died_at < cutoff);
        if records.any(old) {
            return Ok(true);
        }
        let Some((client, filter)) = &self.rows else {
            return Ok(false);
        };
        let older = Filter {
            before: Some(filter.before.map_or(cutoff, |before| before.min(cutoff))),
            ..filter.clone()
        };
        Ok(!table::lines(client, &older, 1).await?.is_empty())
    }

    /// Answers how many they were.
    async fn replay(&self) -> Result<u64> {
        let mut replayed = 0;
        if let Some((client, filter)) = &self.rows {
            replayed += spindrift_outbox::dead_letters::replay(client, filter).await?;
        }
        if let Some((topics, records)) = &self.records {
            replayed += topics.replay(records).await?;
        }
        Ok(replayed)
    }
}
