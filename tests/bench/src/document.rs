//! The page of figures that is kept in the repository, and its picture.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::chart::chart;
use crate::report::Report;

const HEAD: &str = "# Performance

What `make bench` measured: Spindrift beside `wasmtime serve`, beside native servers that
answer the same, and beside FastAPI. Everything runs on one machine: what counts are the
ratios within this run, not the figures. The load generator has a quarter of the
processors, of two or three one, and whatever is compared the rest, each side in turn;
PostgreSQL, and what is not compared, has all of them. Every side writes a log line for
each request. Spindrift is built as it is shipped (`make dist`): optimized as a whole, and
by a profile of its work; `wasmtime` is optimized as a whole.
`make bench ARGS=--write` measures anew and writes this page; `make profile` shows where
the time goes.

![Requests a second](performance.svg)

";

/// Writes the page into `folder`.
pub(crate) fn write(report: &Report, folder: &Path) -> Result<()> {
    let put = |name: &str, content: &str| {
        let path = folder.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    };
    put("performance.md", &format!("{HEAD}{}", report.tables()))?;
    put("performance.svg", &chart(&report.throughputs()))
}
