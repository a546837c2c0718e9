//! Instants and dates as the API writes them (RFC 3339).

use std::fmt;

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _, Utc};
use serde::{Serialize, Serializer};

/// An instant on its way out: `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Out(pub DateTime<Utc>);

impl Out {
    /// The text, in the front of `buffer`. Digit by digit: instants are most of
    /// what a list of tasks writes, and the formatting machinery would be a tenth
    /// of its work. `None` for a year that RFC 3339 can't write.
    fn write(self, buffer: &mut [u8; 27]) -> Option<&str> {
        let (date, time) = (self.0.date_naive(), self.0.time());
        let year = u32::try_from(date.year()).ok().filter(|y| *y <= 9999)?;
        *buffer = *b"0000-00-00T00:00:00.000000Z";
        put(&mut buffer[0..4], year);
        put(&mut buffer[5..7], date.month());
        put(&mut buffer[8..10], date.day());
        put(&mut buffer[11..13], time.hour());
        put(&mut buffer[14..16], time.minute());
        put(&mut buffer[17..19], time.second());
        let length = match time.nanosecond() / 1000 {
            0 => {
                buffer[19] = b'Z';
                20
            }
            micros => {
                put(&mut buffer[20..26], micros);
                27
            }
        };
        str::from_utf8(&buffer[..length]).ok()
    }
}

/// Puts the last digits of `number` into `digits`.
fn put(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl fmt::Display for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.write(&mut [0; 27]) {
            Some(text) => f.write_str(text),
            None => write!(f, "{:?}", self.0),
        }
    }
}

impl Serialize for Out {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.write(&mut [0; 27]) {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

/// A date on its way out: `YYYY-MM-DD`, which is how chrono writes those of the
/// years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub NaiveDate);

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Reads an RFC 3339 instant with any offset. What is finer than a microsecond
/// is cut off; a leap second is the second after it. `None`: it is none, or not
/// in the years 1 to 9999 (in UTC), which RFC 3339 can't write back.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    let instant = whole_micros(instant);
    (1..=9999).contains(&instant.year()).then_some(instant)
}

/// Cuts off what is finer than PostgreSQL keeps.
pub fn whole_micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    // In range for every instant that chrono has with microseconds in an i64.
    DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
}

/// Reads a date, `YYYY-MM-DD`, of the years 1 to 9999.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        let part = bytes.get(range)?;
        part.iter().all(u8::is_ascii_digit).then_some(())?;
        str::from_utf8(part).ok()?.parse().ok()
    };
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year = i32::try_from(digits(0..4)?).ok().filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(year, digits(5..7)?, digits(8..10)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn any_offset_comes_in_and_utc_goes_out() {
        for (given, out) in [
            ("2025-01-08T10:00:00+01:00", "2025-01-08T09:00:00Z"),
            ("2025-01-08T09:00:00.5Z", "2025-01-08T09:00:00.500000Z"),
            (
                "2025-01-08T09:00:00.123456789Z",
                "2025-01-08T09:00:00.123456Z",
            ),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(Out(parse(given).unwrap()).to_string(), out, "{given}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2025-01-08",
            "2025-01-08T09:00:00",
            "2025-02-30T09:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "0001-01-01T00:00:00+01:00",
            "1736326800",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_ten_characters() {
        assert_eq!(
            parse_date("2024-02-29"),
            NaiveDate::from_ymd_opt(2024, 2, 29)
        );
        for text in [
            "2025-02-29",
            "2025-1-08",
            "+025-01-08",
            "2025-01-08Z",
            "0000-01-01",
            "äöü-01-01",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_instant_that_went_out_comes_back_the_same(
            micros in -62_135_596_800_000_000i64..253_402_300_800_000_000,
        ) {
            let instant = DateTime::from_timestamp_micros(micros).unwrap();
            prop_assert_eq!(parse(&Out(instant).to_string()), Some(instant));
        }

        #[test]
        fn no_text_makes_the_readers_panic(text in ".{0,40}") {
            _ = parse(&text);
            _ = parse_date(&text);
        }
    }
}
