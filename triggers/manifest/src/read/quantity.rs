//! Numbers, and sizes and times with their units.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::document::Data;
use crate::fields::{Field, Fields};

/// The time of a key, from 1 ms to an hour.
pub(super) fn duration(fields: &mut Fields<'_>, key: &'static str) -> Option<Duration> {
    let allowed = Duration::from_millis(1)..=Duration::from_secs(3600);
    duration_in(&fields.take(key)?, allowed, "1ms to 1h")
}

/// A time of those that are `allowed`, which are called `range`.
pub fn duration_in(
    field: &Field<'_>,
    allowed: RangeInclusive<Duration>,
    range: &str,
) -> Option<Duration> {
    let duration = match &field.node.data {
        Data::Text(text) => parse_duration(text),
        _ => None,
    };
    let Some(duration) = duration else {
        field.error("must be a time with its unit: write `\"30s\"`, `\"500ms\"` or `\"2m\"`");
        return None;
    };
    if !allowed.contains(&duration) {
        field.error(format!("is out of range: choose from {range}"));
    }
    Some(duration)
}

/// A number in a range.
pub fn count<N>(field: &Field<'_>, range: RangeInclusive<N>) -> Option<N>
where
    N: TryFrom<i64> + PartialOrd + std::fmt::Display,
{
    let number = match field.node.data {
        Data::Integer(number) => N::try_from(number).ok().filter(|n| range.contains(n)),
        _ => None,
    };
    if number.is_none() {
        field.error(format!(
            "must be a number from {} to {}",
            range.start(),
            range.end()
        ));
    }
    number
}

/// `"64MiB"`, `"100kB"`, `"512"`: the number of bytes. Case and space before the
/// unit don't matter. `None` for anything else, and for what no `u64` holds.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// `"500ms"`, `"30s"`, `"2m"`, `"1h"`: a time as manifests write it. `None` for anything
/// else, a number without a unit included.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_1000_and_of_1024() {
        for (text, bytes) in [
            ("64MiB", Some(64 << 20)),
            ("64 mib", Some(64 << 20)),
            ("1GB", Some(1_000_000_000)),
            ("2kB", Some(2_000)),
            ("512", Some(512)),
            ("7b", Some(7)),
            ("0", Some(0)),
            ("64M", None),
            ("1.5GiB", None),
            ("-1", None),
            ("MiB", None),
            ("", None),
            ("99999999999999999GiB", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
    }

    #[test]
    fn times_must_have_a_unit() {
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("2m", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("30", None),
            ("1d", None),
            ("s", None),
            ("18446744073709551615h", None),
        ] {
            let expected = milliseconds.map(Duration::from_millis);
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }
}
