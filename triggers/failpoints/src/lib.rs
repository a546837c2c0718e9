//! Places where the fault suite kills the program.
//!
//! A place calls [`reach`] with its name, one of [`ALL`]. In a build without the
//! feature `enabled` that is nothing, and no name is left in the program. With the
//! feature, the variable `SPINDRIFT_FAILPOINT` chooses one place: `name`, or `name:N`
//! for its N-th passage. The process ends there as `kill -9` ends it.

#[cfg(any(test, feature = "enabled"))]
mod choice;
#[cfg(feature = "enabled")]
mod enabled;
mod names;

pub use names::*;

/// Says that the program has come to the place `name`.
#[cfg(feature = "enabled")]
pub fn reach(name: &'static str) {
    enabled::reach(name);
}

/// Says that the program has come to the place `name`: nothing, in this build.
#[cfg(not(feature = "enabled"))]
#[inline(always)]
pub fn reach(_name: &'static str) {}
