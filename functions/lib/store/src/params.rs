//! Statement parameters.

use chrono::{DateTime, SecondsFormat, Utc};
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::Error;

/// A `text` parameter.
pub fn text(value: impl Into<String>) -> ParameterValue {
    ParameterValue::Str(value.into())
}

/// A `uuid` parameter.
pub fn uuid(value: Uuid) -> ParameterValue {
    ParameterValue::Uuid(value.to_string())
}

/// An instant. The interface carries no time zones, so that the statement has
/// to say `$n::timestamp AT TIME ZONE 'UTC'`.
pub fn instant(value: DateTime<Utc>) -> ParameterValue {
    value.naive_utc().into()
}

/// Instants, for `$n::text[]::timestamptz[]`: the interface has no arrays of them.
pub fn instants(values: &[DateTime<Utc>]) -> ParameterValue {
    let text = |value: &DateTime<Utc>| Some(value.to_rfc3339_opts(SecondsFormat::Micros, true));
    ParameterValue::ArrayStr(values.iter().map(text).collect())
}

/// A `text[]` parameter.
pub fn texts(values: &[String]) -> ParameterValue {
    ParameterValue::ArrayStr(values.iter().cloned().map(Some).collect())
}

/// A parameter that may be NULL.
pub fn maybe<T>(value: Option<T>, some: impl FnOnce(T) -> ParameterValue) -> ParameterValue {
    value.map_or(ParameterValue::DbNull, some)
}

/// A number as an `integer` column has it.
///
/// # Errors
///
/// [`Error::Refused`] when the column is too small for it.
pub fn int(value: u32) -> Result<i32, Error> {
    i32::try_from(value).map_err(|_| Error::Refused(format!("{value} is too large")))
}
