//! Which processors the load generator has, and which those that it is sent to.

use rustix::thread::{CpuSet, sched_getaffinity};
use tokio::process::Command;

/// Processors, as taskset(1) is told of them. None: whichever the system gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Processors(Option<String>);

impl Processors {
    /// A quarter of this machine's for the generator, the rest for each of the servers in
    /// turn. Where there is but one, all share it.
    pub(crate) fn shared_out() -> (Self, Self) {
        let Ok(allowed) = sched_getaffinity(None) else {
            return Default::default();
        };
        let allowed: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|&processor| allowed.is_set(processor))
            .collect();
        match allowed.split_at_checked((allowed.len() / 4).max(1)) {
            Some((few, rest)) if !rest.is_empty() => (Self::of(few), Self::of(rest)),
            _ => Default::default(),
        }
    }

    fn of(processors: &[usize]) -> Self {
        let names: Vec<String> = processors.iter().map(ToString::to_string).collect();
        Self(Some(names.join(",")))
    }

    /// A program that runs on them.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let Some(processors) = &self.0 else {
            return Command::new(program);
        };
        // It becomes the program, with its process id.
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", processors]).arg(program);
        command
    }
}
