//! `spin.toml` to [`App`]: Spin manifest version 2, checked whole before
//! anything starts.
//!
//! [`load`](load()) reads a manifest and answers either an [`App`] that needs no further
//! checking or [`Diagnostics`]: every mistake in it, each with file, line, key
//! and remedy. [`load_locked`] does the same with what Spin makes of a manifest.

mod app;
mod connection;
mod cron;
mod dependency;
mod diagnostics;
mod document;
mod expand;
mod fields;
mod file_url;
mod hosts;
mod json;
mod kafka;
mod load;
mod locked;
mod matches;
mod migration;
mod names;
mod network;
mod origin;
mod read;
pub mod reading;
mod redis;
mod route;
mod schedule;
mod services;
mod suggest;
mod template;
mod upgrade;

pub use app::*;
pub use cron::*;
pub use dependency::{Dependency, DependencyName};
pub use diagnostics::{Diagnostic, Diagnostics};
pub use file_url::{file_path, file_url};
pub use hosts::{AllowedHosts, HostDenied, HostError};
pub use kafka::*;
pub use load::load;
pub use locked::load_locked;
pub use migration::is_contract;
pub use network::Network;
pub use origin::{FETCHED, Origin};
pub use read::parse_duration;
pub use redis::*;
pub use route::{Route, RouteError, RouteMatch, Router, is_reserved};
pub use schedule::{Schedule, ScheduleError};
pub use services::{Metric, Resources, Scale, ServiceSettings};
pub use template::{NoValue, Template, TemplateError};
