//! The values of a rule's parts: numbers and dates.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::super::rule::Until;

/// What [`until`] takes.
pub(super) const DATE: &str =
    "a date such as 20250131, or a time such as 20250131T090000Z or 20250131T090000 (local)";
/// What `EXDATE` takes.
pub(super) const DATES: &str =
    "takes dates such as 20250131, or times such as 20250131T090000Z or 20250131T090000 (local)";

/// Digits alone: a number from 1 to `most`.
pub(super) fn number(text: &str, most: u32) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten()?;
    (1..=most).contains(&number).then_some(number)
}

/// A number from 1 to `most`, or from `-most` to -1.
pub(super) fn signed(text: &str, most: u32) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    Some(sign * i32::try_from(number(digits, most)?).ok()?)
}

/// Numbers with commas between them, as [`signed`] reads each.
pub(super) fn numbers(text: &str, most: u32) -> Option<Vec<i32>> {
    text.split(',').map(|text| signed(text, most)).collect()
}

/// `20250131`, `20250131T090000` (local time) or `20250131T090000Z`.
pub(super) fn until(text: &str) -> Option<Until> {
    let (local, utc) = match text.strip_suffix('Z') {
        Some(local) => (local, true),
        None => (text, false),
    };
    match local.split_once('T') {
        None if utc => None,
        None => Some(Until::Day(date(local)?)),
        Some((day, time)) => {
            let local = NaiveDateTime::new(date(day)?, time_of_day(time)?);
            Some(match utc {
                true => Until::Instant(local.and_utc()),
                false => Until::Local(local),
            })
        }
    }
}

fn date(text: &str) -> Option<NaiveDate> {
    let [year, month, day] = digits(text, [4, 2, 2])?;
    let year = i32::try_from(year).ok().filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(year, month, day)
}

/// A leap second is the second before it: nothing here lies between the two.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let [hour, minute, second] = digits(text, [2, 2, 2])?;
    let second = if second == 60 { 59 } else { second };
    NaiveTime::from_hms_opt(hour, minute, second)
}

/// The numbers of `widths` digits that `text` is made of.
fn digits(text: &str, widths: [usize; 3]) -> Option<[u32; 3]> {
    if text.len() != widths.iter().sum::<usize>() || !text.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let mut at = 0;
    let mut next = |width: usize| {
        at += width;
        text[at - width..at].parse().ok()
    };
    Some([next(widths[0])?, next(widths[1])?, next(widths[2])?])
}
