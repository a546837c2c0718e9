//! How soon memory goes back to the system.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// After how many milliseconds what is free is given back. The allocator's own second ends,
/// in a process with nothing to do, when something is done again: after a start it then
/// holds 11 MiB that nobody uses, after a load 6. At once costs no requests that could be
/// measured.
const PURGE_DELAY: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "0");

/// Starts the program once more, as the same process, where the allocator was not told. It
/// reads its settings from the environment, before `main`.
pub(crate) fn settle() {
    let (name, value) = PURGE_DELAY;
    if env::var_os(name).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else {
        return;
    };
    let mut command = Command::new(program);
    let mut arguments = env::args_os();
    if let Some(called) = arguments.next() {
        command.arg0(called);
    }
    // What comes back is an error, and all there is to it is that memory.
    drop(command.args(arguments).env(name, value).exec());
}
