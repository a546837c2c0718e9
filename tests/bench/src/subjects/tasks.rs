//! `/api/tasks`: our server, a native one with the same statements, and the Python peer.

use anyhow::{Context, Result};

use crate::agreement;
use crate::bench::{Bench, progress, stop};
use crate::database::CommitTimes;
use crate::load::Requests;
use crate::measure::{Before, measure as run};
use crate::report::{Bar, Comparison, Report};
use crate::sides;

const PATH: &str = "/api/tasks";

/// A task as people make them.
pub(crate) const TASK: &str = r#"{"title":"Water the plants","description":"The ones on the balcony first.","priority":1,"tags":["home","garden"],"due_at":"2035-05-01T18:00:00+02:00"}"#;

pub(super) async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let database = bench.database(CommitTimes::Forgotten).await?;
    let tokens = bench.tokens(&database)?;
    let sides = bench.programs.tasks(&bench.folder, &database);
    let same = sides.get(..2).context("two sides do the same")?;
    let compared = agreement::same_work(same, &database, &bench.folder, PATH, TASK).await?;
    report.note(&format!(
        "tasks: {} and {} answer alike and send the same {compared} statements for a GET and a POST, \
         as PostgreSQL {} logged them; {} connections for each side, fsync on. {} has two workers and \
         statements of its own.",
        sides::SPINDRIFT,
        sides::NATIVE_TASKS,
        database.major(),
        sides::CONNECTIONS,
        sides::FASTAPI
    ));
    let sides = bench.start(&sides, PATH).await?;
    agreement::same_shape(&sides, &database, PATH, TASK).await?;
    let mut create = Requests::post(PATH, TASK.as_bytes(), &bench.folder)?;
    create.tokens = Some(tokens.to_path_buf());
    let mut list = Requests::get(PATH);
    list.tokens = Some(tokens.to_path_buf());

    progress("measuring POST /api/tasks");
    let before = Before::Empty(&database);
    let created = run(&bench.generator, bench.plan, &sides, &create, before).await?;
    database.seed().await?;
    progress("measuring GET /api/tasks");
    let before = Before::Nothing;
    let listed = run(&bench.generator, bench.plan, &sides, &list, before).await?;
    for (title, share, sides) in [
        ("POST /api/tasks", 0.6, created),
        ("GET /api/tasks (20 of 25)", 0.4, listed),
    ] {
        let bars = vec![
            Bar::of(sides::NATIVE_TASKS, share),
            Bar::of(sides::FASTAPI, 3.0),
        ];
        report.compare(Comparison { title, sides, bars });
    }
    stop(sides).await?;
    database.stop().await
}
