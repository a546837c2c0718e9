//! The figures, as tables for people and JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

pub(crate) use crate::table::Table;

use crate::measure::{Measured, Plan, Run, median};

/// One kind of request, measured on every side. The first side is ours.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) title: &'static str,
    pub(crate) sides: Vec<Measured>,
    /// What to hold against the figures.
    pub(crate) bars: Vec<Bar>,
}

/// What ours has to reach of a side.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Bar {
    against: &'static str,
    /// The least share of its throughput.
    share: f64,
    /// Whether its p99 has to be reached too.
    p99: bool,
}

impl Bar {
    pub(crate) fn of(against: &'static str, share: f64) -> Self {
        Self {
            against,
            share,
            p99: false,
        }
    }

    pub(crate) fn with_p99(self) -> Self {
        Self { p99: true, ..self }
    }
}

/// Everything that was measured, and on what.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: String,
    plan: Plan,
    notes: Vec<String>,
    sections: Vec<Section>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Section {
    Comparison(Comparison),
    Table(Table),
}

/// Medians of one side's runs.
struct Medians {
    throughput: f64,
    p50: f64,
    p99: f64,
    p50_alone: f64,
    p99_alone: f64,
    processor: f64,
    resident: f64,
    peak: f64,
}

impl Medians {
    fn of(measured: &Measured) -> Self {
        let of = |runs: &[Run], pick: fn(&Run) -> f64| median(runs.iter().map(pick));
        Self {
            throughput: of(&measured.busy, |run| run.figures.requests_per_second),
            p50: of(&measured.busy, |run| run.figures.p50_ms),
            p99: of(&measured.busy, |run| run.figures.p99_ms),
            p50_alone: of(&measured.alone, |run| run.figures.p50_ms),
            p99_alone: of(&measured.alone, |run| run.figures.p99_ms),
            processor: of(&measured.busy, |run| run.processor_micros),
            resident: mebibytes(measured.memory.resident),
            peak: mebibytes(measured.memory.peak),
        }
    }

    /// Ours for each of theirs, in the order of the table.
    fn over(&self, other: &Self) -> [f64; 8] {
        [
            self.throughput / other.throughput,
            self.p50 / other.p50,
            self.p99 / other.p99,
            self.p50_alone / other.p50_alone,
            self.p99_alone / other.p99_alone,
            self.processor / other.processor,
            self.resident / other.resident,
            self.peak / other.peak,
        ]
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

impl Report {
    pub(crate) fn new(machine: String, plan: Plan) -> Self {
        Self {
            machine,
            plan,
            notes: Vec::new(),
            sections: Vec::new(),
        }
    }

    pub(crate) fn compare(&mut self, comparison: Comparison) {
        self.sections.push(Section::Comparison(comparison));
    }

    pub(crate) fn add(&mut self, table: Table) {
        self.sections.push(Section::Table(table));
    }

    pub(crate) fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Markdown.
    pub(crate) fn tables(&self) -> String {
        let mut text = String::new();
        let Plan {
            rounds,
            seconds,
            seconds_alone,
            connections,
        } = self.plan;
        // Writing into a String cannot fail.
        _ = writeln!(
            text,
            "Medians of {rounds} alternated runs, {seconds} s each with {connections} connections \
             and {seconds_alone} s each with one, on {}.",
            self.machine
        );
        for section in &self.sections {
            match section {
                Section::Comparison(comparison) => comparison.write(&mut text, connections),
                Section::Table(table) => table.write(&mut text),
            }
        }
        _ = writeln!(text);
        _ = writeln!(
            text,
            "- processor: the server's own time for each request, without the database's and the load's."
        );
        for note in &self.notes {
            _ = writeln!(text, "- {note}");
        }
        text
    }

    /// The throughputs of every comparison: its title, and each side's name and requests
    /// a second.
    pub(crate) fn throughputs(&self) -> Vec<(&str, Vec<(&str, f64)>)> {
        let of = |side: &Measured| Medians::of(side).throughput;
        let mut all = Vec::new();
        for section in &self.sections {
            if let Section::Comparison(Comparison { title, sides, .. }) = section {
                let sides = sides.iter().map(|side| (side.side, of(side)));
                all.push((*title, sides.collect()));
            }
        }
        all
    }
}

impl Comparison {
    fn write(&self, text: &mut String, connections: usize) {
        let Some((ours, others)) = self.sides.split_first() else {
            return;
        };
        _ = writeln!(text, "\n### {}\n", self.title);
        _ = writeln!(
            text,
            "| | requests/s | p50 ms | p99 ms | p50 ms, 1 conn. | p99 ms, 1 conn. | processor µs | memory MiB | peak MiB |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|"
        );
        for side in &self.sides {
            let m = Medians::of(side);
            _ = writeln!(
                text,
                "| {} | {:.0} | {:.2} | {:.2} | {:.3} | {:.3} | {:.1} | {:.1} | {:.1} |",
                side.side,
                m.throughput,
                m.p50,
                m.p99,
                m.p50_alone,
                m.p99_alone,
                m.processor,
                m.resident,
                m.peak
            );
        }
        let mine = Medians::of(ours);
        for other in others {
            let ratios = mine
                .over(&Medians::of(other))
                .map(|ratio| format!("{ratio:.2}"))
                .join(" | ");
            _ = writeln!(text, "| *{} / {}* | {ratios} |", ours.side, other.side);
        }
        _ = writeln!(text);
        for bar in &self.bars {
            _ = writeln!(text, "- {}", self.verdict(*bar, &mine, connections));
        }
        let lines = |side: &Measured| {
            let lines = median(side.busy.iter().map(|run| run.log_lines));
            format!("{} {lines:.1}", side.side)
        };
        let lines: Vec<String> = self.sides.iter().map(lines).collect();
        _ = writeln!(
            text,
            "- Lines logged for each request: {}.",
            lines.join(", ")
        );
    }

    fn verdict(&self, bar: Bar, mine: &Medians, connections: usize) -> String {
        let Bar {
            against,
            share,
            p99,
        } = bar;
        let Some(theirs) = self.sides.iter().find(|side| side.side == against) else {
            return format!("Bar: {share} of {against}'s throughput. It was not there.");
        };
        let theirs = Medians::of(theirs);
        let reached = mine.throughput / theirs.throughput;
        let mut text = format!(
            "Bar: {share} of {against}'s throughput at {connections} connections. Now {reached:.2}: {}.",
            word(reached >= share)
        );
        if p99 {
            let over = mine.p99 / theirs.p99;
            _ = write!(
                text,
                " Its p99 is not exceeded: now {over:.2} of it: {}.",
                word(over <= 1.0)
            );
        }
        text
    }
}

fn word(reached: bool) -> &'static str {
    if reached { "reached" } else { "MISSED" }
}
