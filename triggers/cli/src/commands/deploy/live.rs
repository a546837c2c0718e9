//! What happens in the cluster, as it happens.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;

use spindrift_knative::cluster::{Event, Progress, ServiceState};

use crate::args::OutputForm;
use crate::report::say;

/// Tells of events: a list that is drawn anew on a terminal, one line a function;
/// lines where there is none; JSON for programs.
pub(super) enum Live {
    List(Mutex<List>),
    Lines,
    Json,
}

/// The services of the step that is under way, and how they stand.
#[derive(Default)]
pub(super) struct List {
    services: Vec<(String, String)>,
    /// Lines that the list has on the screen.
    drawn: usize,
}

impl Live {
    pub(super) fn new(output: OutputForm) -> Self {
        match output {
            OutputForm::Json => Self::Json,
            OutputForm::Text if stderr().is_terminal() => Self::List(Mutex::default()),
            OutputForm::Text => Self::Lines,
        }
    }
}

impl Progress for Live {
    fn event(&self, event: &Event) {
        match self {
            Self::Json => say(&serde_json::to_string(event).unwrap_or_default()),
            Self::Lines => {
                if let Some(line) = line(event) {
                    drop(writeln!(stderr(), "{line}"));
                }
            }
            // A thread that panicked while it drew left a list that can be drawn again.
            Self::List(list) => list
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .event(event),
        }
    }
}

impl List {
    fn event(&mut self, event: &Event) {
        if let Event::Service { name, state } = event {
            let text = shown(state);
            match self.services.iter_mut().find(|(known, _)| known == name) {
                Some((_, old)) => *old = text,
                None => self.services.push((name.clone(), text)),
            }
            self.draw();
        } else if let Some(line) = line(event) {
            // What was drawn stays, and the next list stands below.
            self.services.clear();
            self.drawn = 0;
            drop(writeln!(stderr(), "{line}"));
        }
    }

    fn draw(&mut self) {
        let width = self
            .services
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        if self.drawn > 0 {
            // Up to the list's first line.
            text.push_str(&format!("\x1b[{}A", self.drawn));
        }
        for (name, state) in &self.services {
            // Without what the line held before.
            text.push_str(&format!("\x1b[2K    {name:width$}  {state}\n"));
        }
        self.drawn = self.services.len();
        drop(stderr().write_all(text.as_bytes()));
    }
}

/// An event as a line for people; `None` for what a later line says better.
fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Step { what } => format!("  {what}"),
        Event::Service { name, state } => format!("    {name}: {}", shown(state)),
        Event::Traffic { release, percent } => format!("  {percent} % of the traffic to {release}"),
        Event::Watched { requests: 0, .. } => return None,
        Event::Watched {
            requests,
            errors,
            p99_seconds,
        } => {
            let p99 = p99_seconds.map(|seconds| format!(", p99 {:.0} ms", seconds * 1000.0));
            format!(
                "    {requests} requests, {errors} of them failed{}",
                p99.unwrap_or_default()
            )
        }
        Event::Note { text } => format!("  note: {text}"),
        Event::Done { .. } => return None,
    })
}

fn shown(state: &ServiceState) -> String {
    match state {
        ServiceState::Waiting(why) if why.is_empty() => "starting".to_owned(),
        ServiceState::Waiting(why) => format!("starting ({why})"),
        ServiceState::Ready => "ready".to_owned(),
        ServiceState::Failed(why) => format!("failed: {why}"),
    }
}
