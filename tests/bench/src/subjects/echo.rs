//! Bodies: a megabyte that comes and goes, and JSON that is read and answered.

use std::fmt::Write as _;

use anyhow::Result;

use crate::agreement;
use crate::bench::{Bench, progress, stop};
use crate::load::Requests;
use crate::measure::{Before, measure};
use crate::report::{Comparison, Report};

/// A basket of so many lines.
const LINES: u32 = 20;

pub(super) async fn measure_echo(bench: &Bench, report: &mut Report) -> Result<()> {
    let body = vec![b'x'; 1 << 20];
    let requests = Requests::post("/echo", &body, &bench.folder)?;
    bodies(bench, report, "POST /echo, 1 MiB", &requests).await
}

pub(super) async fn measure_json(bench: &Bench, report: &mut Report) -> Result<()> {
    let requests = Requests::post("/bill", basket().as_bytes(), &bench.folder)?;
    bodies(bench, report, "POST /bill, JSON", &requests).await
}

async fn bodies(
    bench: &Bench,
    report: &mut Report,
    title: &'static str,
    requests: &Requests,
) -> Result<()> {
    let sides = bench.programs.measured(&bench.folder);
    let sides = bench.start(&sides, "/").await?;
    agreement::same_answer(&sides, requests).await?;
    progress(&format!("measuring {title}"));
    let measured = measure(
        &bench.generator,
        bench.plan,
        &sides,
        requests,
        Before::Nothing,
    )
    .await?;
    report.compare(Comparison {
        title,
        sides: measured,
        bars: Vec::new(),
    });
    stop(sides).await
}

/// About a kilobyte of JSON.
fn basket() -> String {
    let mut lines = String::new();
    for n in 1..=LINES {
        let comma = if n == 1 { "" } else { "," };
        // Writing into a String cannot fail.
        _ = write!(
            lines,
            r#"{comma}{{"article":"article {n}","count":{n},"price":{}}}"#,
            n * 7 % 11 * 100
        );
    }
    format!(r#"{{"customer":"Ada","lines":[{lines}]}}"#)
}
