//! Runs of one kind of request, the sides in turn.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::database::Database;
use crate::load::{Figures, Generator, Requests};
use crate::side::{Memory, Running};

/// How much is measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Plan {
    /// Runs of each side.
    pub(crate) rounds: usize,
    /// Seconds of a run under load.
    pub(crate) seconds: u64,
    /// Seconds of a run with one connection.
    pub(crate) seconds_alone: u64,
    /// Connections of a run under load.
    pub(crate) connections: usize,
}

/// What is done before each run.
pub(crate) enum Before<'a> {
    /// Nothing.
    Nothing,
    /// The tables of tasks are emptied.
    Empty(&'a Database),
}

/// One side's runs.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) side: &'static str,
    /// Under load.
    pub(crate) busy: Vec<Run>,
    /// With one connection.
    pub(crate) alone: Vec<Run>,
    /// After the last run under load.
    pub(crate) memory: Memory,
}

/// One run of one side.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) figures: Figures,
    /// Processor time of the server alone, for each request, in microseconds.
    pub(crate) processor_micros: f64,
    /// Lines in the server's log, for each request.
    pub(crate) log_lines: f64,
}

/// Warms every side up, then runs A, B, A, B ... under load, then so again with
/// one connection.
pub(crate) async fn measure(
    generator: &Generator,
    plan: Plan,
    sides: &[Running],
    requests: &Requests,
    before: Before<'_>,
) -> Result<Vec<Measured>> {
    let run = async |side: &Running, connections: usize, seconds: u64| -> Result<Run> {
        if let Before::Empty(database) = &before {
            database.empty().await?;
        }
        side.empty_log()?;
        let time = Duration::from_secs(seconds);
        let processor = side.processor_time()?;
        let figures = generator
            .run(&side.base(), requests, connections, time)
            .await
            .with_context(|| {
                format!("{}; the end of its log:\n{}", side.name, side.last_words())
            })?;
        let processor = side.processor_time()?.saturating_sub(processor);
        Ok(Run {
            processor_micros: processor.as_secs_f64() * 1e6 / figures.requests,
            log_lines: side.log_lines()? as f64 / figures.requests,
            figures,
        })
    };
    for side in sides {
        run(side, plan.connections, 1).await?;
    }
    let mut busy: Vec<Vec<Run>> = vec![Vec::new(); sides.len()];
    for _ in 0..plan.rounds {
        for (side, runs) in sides.iter().zip(&mut busy) {
            runs.push(run(side, plan.connections, plan.seconds).await?);
        }
    }
    let memory: Vec<Memory> = sides.iter().map(Running::memory).collect::<Result<_>>()?;
    let mut alone: Vec<Vec<Run>> = vec![Vec::new(); sides.len()];
    for _ in 0..plan.rounds {
        for (side, runs) in sides.iter().zip(&mut alone) {
            runs.push(run(side, 1, plan.seconds_alone).await?);
        }
    }
    let measured = sides.iter().zip(busy).zip(alone).zip(memory);
    Ok(measured
        .map(|(((side, busy), alone), memory)| Measured {
            side: side.name,
            busy,
            alone,
            memory,
        })
        .collect())
}

/// The value in the middle; 0 of none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn one_bad_run_does_not_move_the_median() {
        assert_eq!(median([3.0, 900.0, 2.0]), 3.0);
        assert_eq!(median([4.0, 2.0]), 3.0);
        assert_eq!(median([]), 0.0);
    }
}
