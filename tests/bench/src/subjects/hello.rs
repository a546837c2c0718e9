//! `examples/hello`: our server, the engine's own, and none.

use anyhow::Result;

use crate::agreement;
use crate::bench::{Bench, progress, stop};
use crate::load::Requests;
use crate::measure::{Before, measure as run};
use crate::report::{Bar, Comparison, Report};
use crate::sides;

pub(super) async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let requests = Requests::get("/hello");
    let sides = bench.programs.hello(&bench.folder);
    let sides = bench.start(&sides, requests.path).await?;
    agreement::same_answer(&sides, &requests).await?;
    report.note("hello, echo, JSON: all sides answer the same bytes.");
    progress("measuring GET /hello");
    let measured = run(
        &bench.generator,
        bench.plan,
        &sides,
        &requests,
        Before::Nothing,
    )
    .await?;
    report.compare(Comparison {
        title: "GET /hello",
        sides: measured,
        bars: vec![
            Bar::of(sides::WASMTIME, 1.0).with_p99(),
            Bar::of(sides::WASMTIME_CONCURRENT, 0.85),
        ],
    });
    stop(sides).await
}
