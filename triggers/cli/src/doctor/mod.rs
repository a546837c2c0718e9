//! `spindrift doctor`: every prerequisite, and how to mend it.

mod application;
mod machine;
mod postgres;
mod toolchain;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::DoctorArgs;
use crate::report::say;
pub(crate) use toolchain::{NODE, PYTHON, guest_target};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Ok,
    /// It works, but not for long or not for everything.
    Warn,
    Fail,
}

/// One line of the report.
#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    subject: &'static str,
    /// What is so, and how to mend it when it should not be.
    text: String,
}

impl Finding {
    fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Ok,
            subject,
            text: text.into(),
        }
    }

    fn warn(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warn,
            subject,
            text: text.into(),
        }
    }

    fn fail(subject: &'static str, text: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Fail,
            subject,
            text: text.into(),
        }
    }
}

/// Looks at everything and reports; fails when something must be mended first.
pub(crate) async fn run(args: DoctorArgs) -> Result<ExitCode> {
    let application = application::check(&args.app);
    let mut findings = application.findings;
    findings.extend(toolchain::check(application.commands.as_deref()));
    findings.extend(postgres::check(&args.database).await);
    findings.extend(machine::check(&args.app.state_path(), &args.listen).await);
    for finding in &findings {
        say(&line(finding));
    }
    let count = |verdict| {
        findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
    };
    let (failed, warned) = (count(Verdict::Fail), count(Verdict::Warn));
    say(&match (failed, warned) {
        (0, 0) => "Everything is here.".to_owned(),
        (0, warned) => format!("Everything needed is here; {warned} to look at."),
        (failed, _) => format!("{failed} to mend before `spindrift up` works."),
    });
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn line(finding: &Finding) -> String {
    let mark = match finding.verdict {
        Verdict::Ok => "ok  ",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
    };
    let text = finding.text.replace('\n', "\n                        ");
    format!("{mark}  {:<16}  {text}", finding.subject)
}
