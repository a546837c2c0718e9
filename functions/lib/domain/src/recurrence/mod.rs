//! When something recurs: rules, the dates that they give, and their instants.
//!
//! A rule gives dates of a civil calendar. An occurrence is known by its date,
//! `occurrence_on`; the instant at which it is due follows from the time of day
//! of the start, in the series' time zone:
//!
//! - A local time that the clocks leave out moves forward by the gap's length:
//!   02:30 becomes 03:30 on the night when summer time begins.
//! - A local time that comes twice is its first instance. The start alone stands
//!   as it was given, even where it is the second one.
//!
//! This is what RFC 5545 (section 3.3.5) says of local times.

mod dates;
mod matching;
mod periods;
mod rrule;
mod rule;
mod schedule;
mod zone;

pub use rrule::RuleError;
pub use rule::{Frequency, Rule, Until, weekday_name, weekday_of};
pub use schedule::{Occurrence, Schedule};
pub use zone::Zone;

/// The largest interval between two periods.
pub const INTERVAL_MAX: u32 = 10_000;
/// The most occurrences that can be counted out.
pub const COUNT_MAX: u32 = 10_000;
/// The years in which something can start and recur. Wherever on Earth they are
/// looked at, RFC 3339 can write their instants.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=9998;
