//! What a rule says.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Utc, Weekday};

use super::rrule::{self, RuleError};
use super::zone::Zone;

/// The unit in which a rule counts its periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Days.
    Daily,
    /// Weeks.
    Weekly,
    /// Months.
    Monthly,
    /// Years.
    Yearly,
}

impl Frequency {
    /// Its name in the API and in the database. RFC 5545 has it in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }

    /// The frequency of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Daily, Self::Weekly, Self::Monthly, Self::Yearly]
            .into_iter()
            .find(|frequency| frequency.name() == name)
    }
}

/// The days of the week by their names in RFC 5545, from Monday.
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

/// The two letters of a day of the week (RFC 5545), `MO` to `SU`.
pub fn weekday_name(weekday: Weekday) -> &'static str {
    WEEKDAYS[weekday.num_days_from_monday() as usize].0
}

/// The day of the week with these two letters.
pub fn weekday_of(name: &str) -> Option<Weekday> {
    let known = WEEKDAYS.iter().find(|(known, _)| *known == name);
    known.map(|(_, weekday)| *weekday)
}

/// A day of the week, or one of them in its month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NthWeekday {
    /// Which one, from 1 or from the end (-1 is the last). `None`: every one.
    pub(super) nth: Option<i32>,
    /// The day.
    pub(super) weekday: Weekday,
}

/// The last instant or day on which something may be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Nothing after this instant.
    Instant(DateTime<Utc>),
    /// Nothing after this local time.
    Local(NaiveDateTime),
    /// Nothing after this day, which is included.
    Day(NaiveDate),
}

impl Until {
    /// Whether what is due on the date `on`, at the instant `due_at`, is not after
    /// the end.
    pub(super) fn admits(self, on: NaiveDate, due_at: DateTime<Utc>, zone: &Zone) -> bool {
        match self {
            Self::Instant(last) => due_at <= last,
            Self::Local(last) => due_at <= zone.instant(last),
            Self::Day(last) => on <= last,
        }
    }
}

/// A rule of recurrence. What it leaves open, such as the day of the month, it
/// takes from the date at which it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(super) frequency: Frequency,
    /// How many periods on the next one is, from 1.
    pub(super) interval: u32,
    /// 1 to 12; none: every month.
    pub(super) months: Vec<u32>,
    /// 1 to 31, or from the end of the month: -1 is its last day.
    pub(super) month_days: Vec<i32>,
    pub(super) weekdays: Vec<NthWeekday>,
    /// Which of a period's dates, from 1 or from the end; none: all.
    pub(super) positions: Vec<i32>,
    pub(super) week_start: Weekday,
    /// Whether a day that a month does not have is its last one. RFC 5545 skips
    /// the month.
    pub(super) clamps: bool,
    pub(super) count: Option<u32>,
    pub(super) until: Option<Until>,
    pub(super) except: BTreeSet<NaiveDate>,
}

impl Rule {
    /// Every period of `frequency`, as RFC 5545 reads it.
    pub(super) fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: 1,
            months: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Mon,
            clamps: false,
            count: None,
            until: None,
            except: BTreeSet::new(),
        }
    }

    /// The rule of a series' plain fields: every `interval` periods, on `weekdays`
    /// of a week (the start's, when there are none) or on `month_day` of a month
    /// (the start's, when there is none): 1 to 31, or -1 for the last. A month
    /// that is too short has it on its last day, and the next one again where it
    /// belongs. A yearly rule stays in the month of `start`.
    pub fn simple(
        frequency: Frequency,
        interval: u32,
        weekdays: &[Weekday],
        month_day: Option<i32>,
        start: NaiveDate,
    ) -> Self {
        let every = |weekday: &Weekday| NthWeekday {
            nth: None,
            weekday: *weekday,
        };
        let names_its_day = frequency == Frequency::Yearly && month_day.is_some();
        Self {
            interval,
            weekdays: weekdays.iter().map(every).collect(),
            month_days: month_day.into_iter().collect(),
            months: names_its_day.then(|| start.month()).into_iter().collect(),
            clamps: true,
            ..Self::every(frequency)
        }
    }

    /// Reads the text of a rule (RFC 5545): `FREQ=...`, or lines `RRULE:...` and
    /// `EXDATE:...`. Dates of `EXDATE` leave out the occurrence of that date,
    /// whatever their time; those in UTC are dates of `zone`.
    ///
    /// # Errors
    ///
    /// The first part that is unknown, wrong, or finer than a day, by its name.
    pub fn parse(text: &str, zone: &Zone) -> Result<Self, RuleError> {
        rrule::parse(text, zone)
    }

    /// How many occurrences the rule itself counts out.
    pub fn count(&self) -> Option<u32> {
        self.count
    }

    /// Whether the rule itself says when it ends.
    pub fn ends(&self) -> bool {
        self.count.is_some() || self.until.is_some()
    }

    /// The rule with what it left open taken from the date of its start.
    pub(super) fn starting(mut self, start: NaiveDate) -> Self {
        let names_no_day = self.month_days.is_empty() && self.weekdays.is_empty();
        match self.frequency {
            Frequency::Weekly if names_no_day => self.weekdays.push(NthWeekday {
                nth: None,
                weekday: start.weekday(),
            }),
            Frequency::Monthly if names_no_day => self.month_days.push(start.day().cast_signed()),
            Frequency::Yearly if names_no_day => {
                self.month_days.push(start.day().cast_signed());
                if self.months.is_empty() {
                    self.months.push(start.month());
                }
            }
            _ => {}
        }
        self
    }
}
