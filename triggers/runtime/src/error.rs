//! What can go wrong, as the caller of the runtime sees it.

use std::path::PathBuf;
use std::time::Duration;

/// Why an application could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The engine refused its settings.
    #[error("cannot set up the WebAssembly engine: {0}")]
    Engine(#[source] wasmtime::Error),
    /// A component's file cannot be read.
    #[error("component \"{component}\": cannot read {path}: {source}; run `spindrift build`", path = path.display())]
    Source {
        /// The component's id.
        component: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A component is not valid, or needs an interface that is not offered.
    #[error("component \"{component}\" ({path}) cannot run here: {message}", path = path.display())]
    Invalid {
        /// The component's id.
        component: String,
        /// The file.
        path: PathBuf,
        /// The engine's reason, every cause of it.
        message: String,
    },
    /// A component was not compiled ahead, and this process may not compile.
    #[error("component \"{component}\" is not compiled for this version of spindrift; run `spindrift build --state-dir {state}` with the same binary first", state = state.display())]
    NotCompiled {
        /// The component's id.
        component: String,
        /// The state folder that was searched.
        state: PathBuf,
    },
    /// The folder of compiled code cannot be used.
    #[error("cannot use {path}: {message}", path = path.display())]
    Cache {
        /// The folder or file.
        path: PathBuf,
        /// Why, and the way out.
        message: String,
    },
    /// What the manifest grants a component makes no sense.
    #[error("component \"{component}\": {message}")]
    Grant {
        /// The component's id.
        component: String,
        /// Why, and the way out.
        message: String,
    },
}

/// Why a call has no answer from the function. The variants say what a caller
/// may be told; details are in the log, under the request's id.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// All turns are taken and the queue is full, or the wait was too long.
    #[error("the function is busy")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// No answer within the request timeout, or the processor time is used up.
    #[error("the function did not answer in time")]
    Timeout,
    /// It reached its memory limit.
    #[error("the function ran out of memory")]
    OutOfMemory,
    /// It trapped, panicked, exited, or answered with an error.
    #[error("the function failed")]
    Failed,
}
