//! Which wall-clock times a schedule names, zones apart.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::Schedule;

impl Schedule {
    /// The first wall-clock time that it names, from `from` on; whole seconds.
    /// `None` at the end of the calendar.
    pub(super) fn first_named(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let from = match from.nanosecond() {
            0 => from,
            _ => from.with_nanosecond(0)? + chrono::Duration::seconds(1),
        };
        if self.names_date(from.date())
            && let Some(time) = self.time_from(from.time())
        {
            return Some(from.date().and_time(time));
        }
        let date = self.date_from(from.date().succ_opt()?)?;
        Some(date.and_time(self.time_from(NaiveTime::MIN)?))
    }

    fn names_date(&self, date: NaiveDate) -> bool {
        let day = self.days.contains(date.day());
        let weekday = self
            .weekdays
            .contains(date.weekday().num_days_from_sunday());
        self.months.contains(date.month())
            && if self.either_day() {
                day || weekday
            } else {
                day && weekday
            }
    }

    fn date_from(&self, mut date: NaiveDate) -> Option<NaiveDate> {
        while !self.names_date(date) {
            date = if self.months.contains(date.month()) {
                date.succ_opt()?
            } else {
                let days = date.num_days_in_month();
                date.with_day(1)?
                    .checked_add_days(Days::new(u64::from(days)))?
            };
        }
        Some(date)
    }

    fn time_from(&self, time: NaiveTime) -> Option<NaiveTime> {
        let (mut hour, mut minute, mut second) = (time.hour(), time.minute(), time.second());
        if !self.hours.contains(hour) {
            (hour, minute, second) = (self.hours.at_least(hour)?, 0, 0);
        }
        if !self.minutes.contains(minute) {
            match self.minutes.at_least(minute) {
                Some(later) => (minute, second) = (later, 0),
                None => {
                    hour = self.hours.at_least(hour + 1)?;
                    (minute, second) = (self.minutes.first(), 0);
                }
            }
        }
        if let Some(later) = self.seconds.at_least(second) {
            return NaiveTime::from_hms_opt(hour, minute, later);
        }
        second = self.seconds.first();
        match self.minutes.at_least(minute + 1) {
            Some(later) => minute = later,
            None => {
                hour = self.hours.at_least(hour + 1)?;
                minute = self.minutes.first();
            }
        }
        NaiveTime::from_hms_opt(hour, minute, second)
    }

    /// Whether any month that it names has a day that it names.
    pub(super) fn fires_at_all(&self) -> bool {
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        // The first day decides: a longer month has all the days of a shorter one.
        let named = (1..=12)
            .zip(longest)
            .any(|(month, days)| self.months.contains(month) && self.days.first() <= days);
        self.either_day() || named
    }

    /// The rule of Vixie cron: when neither field of days begins with `*`, one of
    /// the two suffices.
    fn either_day(&self) -> bool {
        !self.days.starred && !self.weekdays.starred
    }
}
