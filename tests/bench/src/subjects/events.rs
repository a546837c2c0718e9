//! Events and reminders, to their effect.

use anyhow::Result;
use spindrift_test_kafka::{Kafka, Options};

use crate::bench::{Bench, progress};
use crate::database::CommitTimes;
use crate::events::{self, Way};
use crate::load::Requests;
use crate::reminders;
use crate::report::{Report, Table};

/// Events, straight to functions and through Kafka, to one function and to three.
pub(super) async fn events(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = bench.database(CommitTimes::Kept).await?;
    let mut table = Table::new(
        "Events, from a change to its effect",
        &["a second", "p50 ms", "p99 ms", "longest ms"],
    );
    for way in [Way::Direct, Way::Kafka] {
        let kafka = match way {
            Way::Direct => None,
            Way::Kafka => {
                progress("starting a Kafka of the benchmark's own");
                Some(Kafka::start(Options::nodes(1).lasting()).await?)
            }
        };
        let brokers = kafka.as_ref().map(Kafka::bootstrap);
        for subscribers in [&["audit"][..], &["audit", "notify", "recur"]] {
            let side = bench.programs.subscribers(
                &bench.folder,
                &database,
                subscribers,
                brokers.as_deref(),
            );
            let running = side.start(&bench.folder, "/").await?;
            let measured = events::measure(&database, bench.plan.seconds).await?;
            running.stop().await?;
            let name = format!("{way}, to {}", subscribers.join(", "));
            progress(&format!("{name}: {measured}"));
            table.row(
                &name,
                [
                    format!("{:.0}", measured.sustained),
                    format!("{:.1}", measured.p50_ms),
                    format!("{:.1}", measured.p99_ms),
                    format!("{:.1}", measured.max_ms),
                ],
            );
            if subscribers.len() == 1 {
                let bar = way.bar();
                table.at_least(&format!("{name}, events a second"), measured.sustained, bar);
                table.at_most(
                    &format!("{name}, p99 ms at 1,000 a second"),
                    measured.p99_ms,
                    50.0,
                );
            }
        }
    }
    report.add(table);
    database.stop().await
}

/// Reminders, while tasks are listed.
pub(super) async fn reminders(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = bench.database(CommitTimes::Kept).await?;
    database.seed().await?;
    let tokens = bench.tokens(&database)?;
    let mut load = Requests::get("/api/tasks");
    load.tokens = Some(tokens.to_path_buf());
    let side = bench.programs.todo(&bench.folder, &database);
    let running = side.start(&bench.folder, "/health").await?;
    let connections = bench.plan.connections;
    let measured =
        reminders::measure(&bench.generator, connections, &database, &running, &load).await?;
    report.note(&measured.to_string());
    running.stop().await?;
    database.stop().await
}
