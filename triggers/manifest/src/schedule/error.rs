//! What may be wrong with a cron expression.

use thiserror::Error;

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Neither 5 nor 6 fields.
    #[error(
        "`{text}` has {fields} fields: write five (minute, hour, day of month, month, day of \
         week), or six with the seconds first"
    )]
    FieldCount {
        /// The whole expression.
        text: String,
        /// How many fields it has.
        fields: usize,
    },
    /// A field holds a number out of its range, or something that is no number.
    #[error("the {field} `{text}` is malformed: write {range}, ranges, lists and steps of these")]
    BadValue {
        /// The field's name.
        field: &'static str,
        /// The part of the field that was not understood.
        text: String,
        /// What the field may hold.
        range: &'static str,
    },
    /// A range that ends before it begins.
    #[error("the {field} `{text}` ends before it begins: write two ranges, joined by a comma")]
    BackwardRange {
        /// The field's name.
        field: &'static str,
        /// The range.
        text: String,
    },
    /// A step of 0, or no number.
    #[error("the step in the {field} `{text}` must be a number from 1: write `*/5`, say")]
    BadStep {
        /// The field's name.
        field: &'static str,
        /// The part with the step.
        text: String,
    },
    /// `L`, `W` or `#`, which other programs have.
    #[error(
        "the {field} `{text}` holds `{character}`, which is not supported: let the schedule fire on \
         more days, and the function choose among them"
    )]
    Extension {
        /// The field's name.
        field: &'static str,
        /// The part of the field.
        text: String,
        /// `L`, `W` or `#`.
        character: char,
    },
    /// `@` with a word that names no schedule.
    #[error(
        "`{0}` is no schedule: write `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`, or five \
         fields"
    )]
    UnknownMacro(String),
    /// A zone within the expression.
    #[error("`{0}` holds a time zone: write it into `time_zone`")]
    ZoneInside(String),
    /// No month has such a day.
    #[error("`{0}` never fires: none of its months has such a day")]
    Never(String),
}
