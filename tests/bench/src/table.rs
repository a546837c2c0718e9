//! Figures that are no comparison under load.

use std::fmt::Write as _;

use serde::Serialize;

/// Rows of figures, and what they had to reach.
#[derive(Debug, Serialize)]
pub(crate) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
    verdicts: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
            verdicts: Vec::new(),
        }
    }

    pub(crate) fn row<const N: usize>(&mut self, name: &str, figures: [String; N]) {
        self.rows.push((name.to_owned(), figures.into()));
    }

    /// Holds a figure against the most that it may be.
    pub(crate) fn at_most(&mut self, what: &str, figure: f64, bar: f64) {
        self.verdict(what, "at most", figure, bar, figure <= bar);
    }

    /// Holds a figure against the least that it has to be.
    pub(crate) fn at_least(&mut self, what: &str, figure: f64, bar: f64) {
        self.verdict(what, "at least", figure, bar, figure >= bar);
    }

    fn verdict(&mut self, what: &str, how: &str, figure: f64, bar: f64, reached: bool) {
        let word = if reached { "reached" } else { "MISSED" };
        self.verdicts
            .push(format!("Bar: {what} {how} {bar}. Now {figure:.2}: {word}."));
    }

    pub(crate) fn write(&self, text: &mut String) {
        // Writing into a String cannot fail.
        _ = writeln!(text, "\n### {}\n", self.title);
        _ = writeln!(text, "| | {} |", self.columns.join(" | "));
        _ = writeln!(text, "|---|{}", "--:|".repeat(self.columns.len()));
        for (name, figures) in &self.rows {
            _ = writeln!(text, "| {name} | {} |", figures.join(" | "));
        }
        _ = writeln!(text);
        for verdict in &self.verdicts {
            _ = writeln!(text, "- {verdict}");
        }
    }
}
