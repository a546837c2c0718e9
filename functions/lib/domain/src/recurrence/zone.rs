//! Time zones (IANA), whose data is part of the program.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Timelike as _, Utc};
use jiff::civil;
use jiff::tz::TimeZone;

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of an IANA name such as `Europe/Brussels`, in upper or lower case.
    /// `None`: there is none.
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZone::get(name).ok()?;
        zone.iana_name().is_some().then_some(Self(zone))
    }

    /// Its name, as the IANA writes it.
    pub fn name(&self) -> &str {
        // Only zones that have a name are made.
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What calendars and clocks show there at `instant`.
    pub fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        let offset = jiff::Timestamp::from_second(instant.timestamp())
            .map_or(0, |at| self.0.to_offset(at).seconds());
        instant.naive_utc() + chrono::TimeDelta::seconds(offset.into())
    }

    /// The date there at `instant`.
    pub fn date(&self, instant: DateTime<Utc>) -> NaiveDate {
        self.local(instant).date()
    }

    /// The instant of a local time. One that does not exist moves forward by the
    /// gap's length, one that is there twice is its first instance.
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let resolved = civil(local).and_then(|civil| {
            let at = self.0.to_ambiguous_timestamp(civil).compatible().ok()?;
            DateTime::from_timestamp(at.as_second(), at.subsec_nanosecond().unsigned_abs())
        });
        // Nothing is out of range in the years that schedules reach.
        resolved.unwrap_or_else(|| local.and_utc())
    }
}

fn civil(local: NaiveDateTime) -> Option<civil::DateTime> {
    let small = |number: u32| i8::try_from(number).ok();
    civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        small(local.month())?,
        small(local.day())?,
        small(local.hour())?,
        small(local.minute())?,
        small(local.second())?,
        i32::try_from(local.nanosecond()).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::{Out, parse};
    use proptest::prelude::*;

    fn instant(zone: &str, local: &str) -> String {
        let local = local.parse().unwrap();
        Out(Zone::named(zone).unwrap().instant(local)).to_string()
    }

    #[test]
    fn a_time_in_a_gap_moves_forward_by_its_length() {
        for (zone, local, utc) in [
            (
                "Europe/Brussels",
                "2025-03-30T01:59:59",
                "2025-03-30T00:59:59Z",
            ),
            (
                "Europe/Brussels",
                "2025-03-30T02:30:00",
                "2025-03-30T01:30:00Z",
            ),
            (
                "Australia/Lord_Howe",
                "2024-10-06T02:15:00",
                "2024-10-05T15:45:00Z",
            ),
            // A whole day that Samoa left out.
            (
                "Pacific/Apia",
                "2011-12-30T09:00:00",
                "2011-12-30T19:00:00Z",
            ),
        ] {
            assert_eq!(instant(zone, local), utc, "{zone} {local}");
        }
    }

    #[test]
    fn a_time_that_is_there_twice_is_its_first_instance() {
        for (zone, local, utc) in [
            (
                "Europe/Brussels",
                "2025-10-26T02:30:00",
                "2025-10-26T00:30:00Z",
            ),
            (
                "America/New_York",
                "2024-11-03T01:00:00",
                "2024-11-03T05:00:00Z",
            ),
        ] {
            assert_eq!(instant(zone, local), utc, "{zone} {local}");
        }
    }

    #[test]
    fn a_zone_is_known_by_its_iana_name() {
        assert_eq!(
            Zone::named("europe/brussels").unwrap().name(),
            "Europe/Brussels"
        );
        assert_eq!(Zone::named("UTC").unwrap().name(), "UTC");
        for name in ["", "Mars/Olympus", "+02:00", "Etc/Unknown", "../etc/passwd"] {
            assert_eq!(Zone::named(name), None, "{name}");
        }
    }

    #[test]
    fn summer_time_goes_on_after_the_last_year_of_any_table() {
        assert_eq!(
            instant("Europe/Brussels", "2525-07-01T12:00:00"),
            "2525-07-01T10:00:00Z"
        );
    }

    proptest! {
        #[test]
        fn a_local_time_is_the_instant_that_it_came_from_or_its_first_instance(
            seconds in 0i64..4_000_000_000,
        ) {
            let zone = Zone::named("America/Sao_Paulo").unwrap();
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let back = zone.instant(zone.local(at));
            prop_assert!(back == at || back + chrono::TimeDelta::hours(1) == at);
        }

        #[test]
        fn no_name_makes_the_reader_panic(name in "\\PC{0,30}") {
            _ = Zone::named(&name);
        }
    }

    #[test]
    fn microseconds_are_kept() {
        let zone = Zone::named("Asia/Tokyo").unwrap();
        let at = parse("2025-01-01T00:00:00.123456Z").unwrap();
        assert_eq!(zone.instant(zone.local(at)), at);
    }
}
