//! When schedules fire, beside a second implementation: the expressions as the
//! crate `croner` reads them, and zones by chrono's own conversion.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds};
use proptest::prelude::*;
use spindrift_manifest::Schedule;

/// A part of a field: a number, a range, or one of them with a step.
fn part(least: u32, most: u32) -> impl Strategy<Value = String> {
    (least..=most, least..=most, 1..=most, 0..4).prop_map(|(a, b, step, form)| match form {
        0 | 1 => a.to_string(),
        2 => format!("{}-{}", a.min(b), a.max(b)),
        _ => format!("{}-{}/{step}", a.min(b), a.max(b)),
    })
}

fn field(least: u32, most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        1 => (1..=most).prop_map(|step| format!("*/{step}")),
        4 => prop::collection::vec(part(least, most), 1..4).prop_map(|parts| parts.join(",")),
    ]
}

/// The fields of days: `*` with a step counts as restricted to croner and not to
/// Vixie cron, so it stands beside a plain `*` alone.
fn days() -> impl Strategy<Value = (String, String)> {
    let restricted = |least, most| {
        prop::collection::vec(part(least, most), 1..3).prop_map(|parts| parts.join(","))
    };
    prop_oneof![
        (field(1, 31), Just("*".to_owned())),
        (Just("*".to_owned()), field(0, 6)),
        (restricted(1, 28), restricted(0, 7)),
    ]
}

/// Six fields; the seconds few, so that a window does not hold too many.
fn expression() -> impl Strategy<Value = String> {
    let seconds = prop_oneof![
        4 => Just("0".to_owned()),
        1 => prop::collection::vec(0..60_u32, 1..3)
            .prop_map(|list| list.iter().map(u32::to_string).collect::<Vec<_>>().join(",")),
    ];
    let names = prop::sample::select(vec!["JAN", "feb", "MAR-apr", "OCT,NOV", "6"]);
    let months = prop_oneof![3 => Just("*".to_owned()), 2 => field(1, 12), 1 => names.prop_map(str::to_owned)];
    (seconds, field(0, 59), field(0, 23), days(), months).prop_map(
        |(second, minute, hour, (day, weekday), month)| {
            format!("{second} {minute} {hour} {day} {month} {weekday}")
        },
    )
}

fn other(text: &str) -> Cron {
    let parser = CronParser::builder().seconds(Seconds::Optional).build();
    parser.parse(text).unwrap()
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    // 1975 to 2075, with a part of a second at times.
    (157_766_400_i64..3_313_526_400, 0..2_u32)
        .prop_map(|(seconds, half)| Utc.timestamp_opt(seconds, half * 500_000_000).unwrap())
}

/// An instant within two days of a change of the zone's offset.
fn near_a_change() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    let zones = vec![
        Tz::America__New_York,
        Tz::America__Santiago,
        Tz::America__St_Johns,
        Tz::Europe__Berlin,
        Tz::Europe__Dublin,
        Tz::Africa__Casablanca,
        Tz::Asia__Gaza,
        Tz::Australia__Lord_Howe,
        Tz::Antarctica__Troll,
        Tz::Pacific__Apia,
        Tz::Asia__Kolkata,
    ];
    let zone = prop::sample::select(zones);
    (zone, 1995..2037_i32, 0..400_i64, -172_800..172_800_i64).prop_map(
        |(zone, year, day, shift)| {
            let offset = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
            let begin = Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap() + Duration::days(day);
            let change = (0..200)
                .map(|days| begin + Duration::days(days))
                .find(|at| offset(*at) != offset(*at + Duration::days(1)));
            (zone, change.unwrap_or(begin) + Duration::seconds(shift))
        },
    )
}

/// Where the clock of a zone shows this, by the rule of gaps and folds.
fn instants(clock: NaiveDateTime, zone: Tz, repeats: bool) -> Vec<DateTime<Utc>> {
    let found = zone.from_local_datetime(&clock);
    match (found.earliest(), found.latest()) {
        (Some(first), Some(_)) if !repeats => vec![first.to_utc()],
        (Some(first), Some(last)) => vec![first.to_utc(), last.to_utc()],
        _ if repeats => Vec::new(),
        _ => {
            // The changes of these years all happen at a full minute.
            let minute = clock - Duration::seconds(clock.and_utc().timestamp().rem_euclid(60));
            let later = (1..=1500).map(|minutes| minute + Duration::minutes(minutes));
            let valid = later.filter_map(|clock| zone.from_local_datetime(&clock).earliest());
            valid.take(1).map(|at| at.to_utc()).collect()
        }
    }
}

/// All instants in `from < t < to`, by the other implementation.
fn reference(text: &str, zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let fields: Vec<&str> = text.split(' ').collect();
    let repeating = |field: &str, most: u32| {
        let whole = (0..=most).all(|value| {
            let mut alone = fields.clone();
            (alone[0], alone[3], alone[4], alone[5]) = ("0", "*", "*", "*");
            (alone[1], alone[2]) = if most == 59 {
                (field, "0")
            } else {
                ("0", field)
            };
            let (hour, minute) = if most == 59 { (0, value) } else { (value, 0) };
            let at = Utc.with_ymd_and_hms(2001, 1, 1, hour, minute, 0).unwrap();
            other(&alone.join(" ")).is_time_matching(&at).unwrap()
        });
        field.contains(['*', '/']) || whole
    };
    let repeats = repeating(fields[1], 59) || repeating(fields[2], 23);
    let clock = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local().and_utc();
    let begin = clock(from) - Duration::days(2);
    let end = clock(to) + Duration::days(2);
    // Its iterator leaves out the second of two neighbouring seconds; its search does not.
    let cron = other(text);
    let next = |after: &DateTime<Utc>| cron.find_next_occurrence(after, false).ok();
    let named = std::iter::successors(next(&begin), next).take_while(|named| *named < end);
    let fired: BTreeSet<_> = named
        .flat_map(|named| instants(named.naive_utc(), zone, repeats))
        .filter(|at| from < *at && *at < to)
        .collect();
    fired.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_next_time_is_the_one_that_another_implementation_finds(
        text in expression(),
        after in instant(),
    ) {
        let Ok(schedule) = Schedule::parse(&text) else {
            // A day that no month has: the other one searches in vain.
            return Ok(());
        };
        let whole = Utc.timestamp_opt(after.timestamp(), 0).unwrap();
        let expected = other(&text).find_next_occurrence(&whole, false).unwrap();
        prop_assert_eq!(schedule.next_after(after, Tz::UTC), Some(expected), "{}", text);
    }

    #[test]
    fn changes_of_the_clock_neither_lose_nor_double(
        text in expression(),
        (zone, from) in near_a_change(),
    ) {
        let Ok(schedule) = Schedule::parse(&text) else {
            return Ok(());
        };
        let to = from + Duration::days(3);
        let next = |after: &DateTime<Utc>| schedule.next_after(*after, zone);
        let fired: Vec<_> = std::iter::successors(next(&from), next)
            .take_while(|at| *at < to)
            .collect();
        let expected = reference(&text, zone, from, to);
        let differs = fired.iter().zip(&expected).find(|(a, b)| a != b);
        prop_assert_eq!(differs, None, "{} in {} from {}", text, zone, from);
        prop_assert_eq!(fired.len(), expected.len(), "{} in {} from {}", text, zone, from);
    }

    #[test]
    fn times_go_forward_and_do_not_depend_on_where_one_asks(
        text in expression(),
        (zone, after) in near_a_change(),
        later in 0..10_000_i64,
    ) {
        let Ok(schedule) = Schedule::parse(&text) else {
            return Ok(());
        };
        let next = schedule.next_after(after, zone).unwrap();
        prop_assert!(next > after);
        let between = after + Duration::seconds(later);
        if between < next {
            prop_assert_eq!(schedule.next_after(between, zone), Some(next));
        }
    }

    #[test]
    fn the_last_time_is_the_one_before_there_is_no_further(
        text in expression(),
        (zone, after) in near_a_change(),
        seconds in prop_oneof![0..100_i64, 0..100_000_i64, 0..100_000_000_i64],
    ) {
        let Ok(schedule) = Schedule::parse(&text) else {
            return Ok(());
        };
        let until = after + Duration::seconds(seconds);
        match schedule.last_between(after, until, zone) {
            Some(last) => {
                prop_assert!(after < last && last <= until, "{}", text);
                prop_assert!(schedule.next_after(last, zone).unwrap() > until, "{}", text);
                let before = last - Duration::seconds(1);
                prop_assert_eq!(schedule.next_after(before, zone), Some(last), "{}", text);
            }
            None => prop_assert!(schedule.next_after(after, zone).unwrap() > until, "{}", text),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[-0-9*/,?LW# @A-Za-z+]{0,24}", any in any::<String>()) {
        for text in [text, any] {
            if let Ok(schedule) = Schedule::parse(&text) {
                let next = schedule.next_after(DateTime::UNIX_EPOCH, Tz::UTC);
                prop_assert!(next.is_some(), "{}", text);
            }
        }
    }
}
