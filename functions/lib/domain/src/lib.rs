//! The application's rules: what a task is, what a request may say about it, and
//! what happened when it changed. No I/O, and no clock: time is an argument.

pub mod account;
pub mod event;
mod fields;
pub mod instant;
mod invalid;
pub mod notification;
pub mod query;
pub mod recurrence;
pub mod reminder;
pub mod series;
pub mod stats;
pub mod task;

pub use fields::Fields;
pub use invalid::{FieldError, Invalid};
