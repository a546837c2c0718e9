//! Cases, as many as are wanted, the same for the same seed.

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime};
use domain::recurrence::Zone;

use super::case::{Case, Plain};
use super::random::Random;

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// Zones with summer time on both halves of the globe, by half an hour, at
/// midnight, in winter, given up, and with a day left out.
const ZONES: [&str; 14] = [
    "Europe/Brussels",
    "Europe/Dublin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Los_Angeles",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "Asia/Tokyo",
];

/// Clocks change at these times, or near them.
const TIMES: [(u32, u32); 10] = [
    (0, 0),
    (0, 30),
    (1, 0),
    (1, 30),
    (2, 0),
    (2, 15),
    (2, 30),
    (3, 0),
    (12, 0),
    (23, 45),
];

/// `count` cases.
pub(crate) fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut random = Random(seed);
    (0..count).map(|_| case(&mut random)).collect()
}

fn case(random: &mut Random) -> Case {
    let zone = match random.one_in(3) {
        true => "UTC",
        false => *random.pick(&ZONES),
    };
    // The recent past of these zones is settled: it is the same in whatever version
    // of their data Python has.
    let years = if zone == "UTC" {
        1950..=2150
    } else {
        1992..=2013
    };
    let mut start_on = start_date(random, *years.start(), *years.end());
    // An oracle that finds nothing searches until then.
    let last_year = start_on.year() + *random.pick(&[4, 6, 8, 30]);
    let last_year = if zone == "UTC" {
        last_year
    } else {
        last_year.min(2023)
    };
    let (hour, minute) = *random.pick(&TIMES);
    let plain = random.one_in(3);
    let rrule = (!plain).then(|| rule(random, &mut start_on, last_year));
    let local = start_on.and_time(NaiveTime::from_hms_opt(hour, minute, 0).unwrap());
    let mut start = Zone::named(zone).unwrap().instant(local).timestamp();
    // Now and then what may be a second instance.
    start += if random.one_in(10) { 3600 } else { 0 };
    let later =
        |random: &mut Random, days| start_on + Days::new(random.between(0, days).cast_unsigned());
    let last = NaiveDate::from_ymd_opt(last_year, 12, 31).unwrap();
    let exdates = match plain || !random.one_in(4) {
        true => Vec::new(),
        false => (0..random.between(1, 9))
            .map(|_| later(random, 40))
            .collect(),
    };
    Case {
        fields: plain.then(|| fields(random)),
        count: (plain && random.one_in(5)).then(|| random.between(1, 60).try_into().unwrap()),
        end: (plain && random.one_in(5)).then(|| start + random.between(0, 90_000) * 3600),
        from: match random.between(1, 4) {
            1 => later(random, 800),
            // Clocks go back on one half of the globe, forward on the other.
            2 => NaiveDate::from_ymd_opt(start_on.year() + 1, 10, 10).unwrap(),
            _ => start_on,
        },
        zone: zone.to_owned(),
        take: 20,
        rrule,
        exdates,
        start,
        last,
    }
}

fn start_date(random: &mut Random, from: i32, to: i32) -> NaiveDate {
    let year = random.between(from.into(), to.into()).try_into().unwrap();
    let date = |month, day| NaiveDate::from_ymd_opt(year, month, day);
    let month = random.between(1, 12).try_into().unwrap();
    let first = date(month, 1).unwrap();
    match random.between(1, 4) {
        1 => date(2, 29).unwrap_or(first),
        2 => first.with_day(first.num_days_in_month().into()).unwrap(),
        3 => date(
            *random.pick(&[3, 4, 10, 11]),
            random.between(1, 30).try_into().unwrap(),
        )
        .unwrap(),
        _ => first + Days::new(random.between(0, 27).cast_unsigned()),
    }
}

fn fields(random: &mut Random) -> Plain {
    let frequency = *random.pick(&["daily", "weekly", "monthly", "yearly"]);
    let mut plain = Plain {
        frequency,
        interval: interval(random),
        weekdays: Vec::new(),
        month_day: None,
    };
    match frequency {
        "weekly" => {
            let count = random.between(0, 4);
            plain.weekdays = (0..count).map(|_| *random.pick(&WEEKDAYS)).collect();
        }
        "monthly" | "yearly" => {
            let day = match random.one_in(4) {
                true => -1,
                false => random.between(25, 31).try_into().unwrap(),
            };
            plain.month_day = (!random.one_in(3)).then_some(day);
        }
        _ => {}
    }
    plain
}

fn interval(random: &mut Random) -> u32 {
    let most = *random.pick(&[1, 1, 4, 13]);
    random.between(1, most).try_into().unwrap()
}

/// A rule that dateutil reads as RFC 5545 has it. It reads two things otherwise:
/// a weekday beside a numbered one restricts it rather than adds to it, so that
/// no list mixes them; and positions in a week that the start cuts are counted
/// from the start, so that such a rule starts with its week.
fn rule(random: &mut Random, start: &mut NaiveDate, last_year: i32) -> String {
    let frequency = *random.pick(&["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]);
    let mut parts = vec![format!("FREQ={frequency}")];
    if !random.one_in(3) {
        parts.push(format!("INTERVAL={}", interval(random)));
    }
    let week_start = random.one_in(2).then(|| random.between(0, 6));
    if let Some(weekday) = week_start {
        parts.push(format!(
            "WKST={}",
            WEEKDAYS[usize::try_from(weekday).unwrap()]
        ));
    }
    let named = days(random, frequency, &mut parts);
    if named && random.one_in(3) {
        // A day has one date; more positions would only make the oracle search.
        let most = if frequency == "DAILY" { 1 } else { 6 };
        let position = |random: &mut Random| signed(random, most).to_string();
        parts.push(format!("BYSETPOS={}", random.list(3, position)));
        if frequency == "WEEKLY" {
            let into = i64::from(start.weekday().num_days_from_monday()) - week_start.unwrap_or(0);
            *start = *start - Days::new(into.rem_euclid(7).cast_unsigned());
        }
    }
    match random.between(1, 6) {
        1 => parts.push(format!("COUNT={}", random.between(1, 50))),
        2 => parts.push(format!("UNTIL={}", until(random, *start, last_year))),
        _ => {}
    }
    parts.join(";")
}

/// Adds what names days; tells whether anything does.
fn days(random: &mut Random, frequency: &str, parts: &mut Vec<String>) -> bool {
    let before = parts.len();
    let months = random.one_in(4);
    if months {
        let month = |random: &mut Random| random.between(1, 12).to_string();
        parts.push(format!("BYMONTH={}", random.list(4, month)));
    }
    if random.one_in(2) {
        let numbered = !["DAILY", "WEEKLY"].contains(&frequency) && random.one_in(2);
        // Within a month dateutil fails at more.
        let of_year = frequency == "YEARLY" && !months;
        let most = if of_year { 53 } else { 5 };
        let day = |random: &mut Random| match numbered {
            true => format!("{}{}", signed(random, most), random.pick(&WEEKDAYS)),
            false => (*random.pick(&WEEKDAYS)).to_owned(),
        };
        parts.push(format!("BYDAY={}", random.list(4, day)));
    }
    if frequency != "WEEKLY" && random.one_in(2) {
        let day = |random: &mut Random| signed(random, 31).to_string();
        parts.push(format!("BYMONTHDAY={}", random.list(5, day)));
    }
    parts.len() > before
}

fn signed(random: &mut Random, most: i64) -> i64 {
    let number = random.between(1, most);
    if random.one_in(2) { -number } else { number }
}

fn until(random: &mut Random, start: NaiveDate, last_year: i32) -> String {
    let date = start + Days::new(random.between(0, 2000).cast_unsigned());
    let date = date.min(NaiveDate::from_ymd_opt(last_year, 12, 31).unwrap());
    let day = date.format("%Y%m%d");
    let (hour, minute) = *random.pick(&TIMES);
    match random.between(1, 3) {
        1 => day.to_string(),
        2 => format!("{day}T{hour:02}{minute:02}00"),
        _ => format!("{day}T{hour:02}{minute:02}00Z"),
    }
}
