//! `spin.toml` to [`App`]: Spin manifest version 2, checked whole before
//! anything starts.
//!
//! [`load`](load()) reads a manifest and answers either an [`App`] that needs no further
//! checking or [`Diagnostics`]: every mistake in it, each with file, line, key
//! and remedy.

mod app;
mod connection;
mod cron;
mod diagnostics;
mod document;
mod expand;
mod fields;
mod hosts;
mod kafka;
mod load;
mod matches;
mod migration;
mod names;
mod read;
pub mod reading;
mod route;
mod schedule;
mod services;
mod suggest;
mod template;
mod upgrade;

pub use app::*;
pub use cron::*;
pub use diagnostics::{Diagnostic, Diagnostics};
pub use hosts::{AllowedHosts, HostDenied, HostError};
pub use kafka::*;
pub use load::load;
pub use migration::is_contract;
pub use read::parse_duration;
pub use route::{Route, RouteError, RouteMatch, Router, is_reserved};
pub use schedule::{Schedule, ScheduleError};
pub use services::{Metric, Resources, Scale, ServiceSettings};
pub use template::{NoValue, Template, TemplateError};
