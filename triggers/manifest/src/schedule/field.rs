//! One field of a cron expression: a set of small numbers.

use super::ScheduleError;

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    name: &'static str,
    least: u8,
    most: u8,
    /// Words for the numbers from `first_word`.
    words: &'static [&'static str],
    first_word: u8,
    range: &'static str,
    /// Whether it chooses days: then `?` stands for `*`.
    of_days: bool,
}

const fn kind(name: &'static str, least: u8, most: u8, range: &'static str) -> Kind {
    Kind {
        name,
        least,
        most,
        words: &[],
        first_word: 0,
        range,
        of_days: false,
    }
}

pub(super) const SECOND: Kind = kind("second", 0, 59, "0 to 59");
pub(super) const MINUTE: Kind = kind("minute", 0, 59, "0 to 59");
pub(super) const HOUR: Kind = kind("hour", 0, 23, "0 to 23");
pub(super) const DAY: Kind = Kind {
    of_days: true,
    ..kind("day of month", 1, 31, "1 to 31")
};
pub(super) const MONTH: Kind = Kind {
    words: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
    first_word: 1,
    ..kind("month", 1, 12, "1 to 12 or JAN to DEC")
};
/// 7 is Sunday too, until [`Values::weekdays`] makes it 0.
pub(super) const WEEKDAY: Kind = Kind {
    words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    of_days: true,
    ..kind("day of week", 0, 7, "0 to 7 (both Sunday) or SUN to SAT")
};

/// The numbers of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Values {
    bits: u64,
    /// Whether the field begins with `*`: what decides between "and" and "or" for
    /// the two fields of days.
    pub(super) starred: bool,
    /// Whether it holds a `*` or a step, or every number there is.
    pub(super) repeating: bool,
}

impl Values {
    /// One number alone.
    pub(super) fn only(value: u8) -> Self {
        Self {
            bits: 1 << value,
            starred: false,
            repeating: false,
        }
    }

    pub(super) fn parse(text: &str, kind: &Kind) -> Result<Self, ScheduleError> {
        let mut values = Self {
            bits: 0,
            starred: text.starts_with(['*', '?']),
            repeating: false,
        };
        for part in text.split(',') {
            values.add(part, kind)?;
        }
        values.repeating |= values.bits == span(kind.least, kind.most, 1);
        Ok(values)
    }

    fn add(&mut self, part: &str, kind: &Kind) -> Result<(), ScheduleError> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(parse_step(step, part, kind)?)),
            None => (part, None),
        };
        let (from, to) = if range == "*" || (range == "?" && kind.of_days) {
            self.repeating = true;
            (kind.least, kind.most)
        } else if let Some((from, to)) = range.split_once('-') {
            (kind.value(from, part)?, kind.value(to, part)?)
        } else {
            let from = kind.value(range, part)?;
            // `5/15` is every 15th from 5 on.
            (from, if step.is_some() { kind.most } else { from })
        };
        if from > to {
            return Err(ScheduleError::BackwardRange {
                field: kind.name,
                text: part.to_owned(),
            });
        }
        self.repeating |= step.is_some();
        self.bits |= span(from, to, step.unwrap_or(1));
        Ok(())
    }

    /// The same with Sunday as 0 alone.
    pub(super) fn weekdays(mut self) -> Self {
        self.bits |= (self.bits >> 7) & 1;
        self.bits &= span(0, 6, 1);
        self
    }

    pub(super) fn contains(self, value: u32) -> bool {
        value < 64 && self.bits >> value & 1 == 1
    }

    /// The least of its numbers that is not less than `value`.
    pub(super) fn at_least(self, value: u32) -> Option<u32> {
        let rest = self.bits.checked_shr(value)?;
        (rest != 0).then(|| value + rest.trailing_zeros())
    }

    /// The least of its numbers.
    pub(super) fn first(self) -> u32 {
        self.bits.trailing_zeros()
    }
}

impl Kind {
    fn value(&self, text: &str, part: &str) -> Result<u8, ScheduleError> {
        let word = |index: usize| u8::try_from(index).ok().map(|at| at + self.first_word);
        let named = self
            .words
            .iter()
            .position(|word| text.eq_ignore_ascii_case(word))
            .and_then(word);
        // `+5` is a number to Rust and nothing to cron.
        let number = || text.parse().ok().filter(|_| !text.starts_with('+'));
        let value = named.or_else(number);
        value
            .filter(|value| (self.least..=self.most).contains(value))
            .ok_or_else(|| self.not_understood(text, part))
    }

    fn not_understood(&self, text: &str, part: &str) -> ScheduleError {
        let (field, part) = (self.name, part.to_owned());
        match self.extension(text) {
            Some(character) => ScheduleError::Extension {
                field,
                text: part,
                character,
            },
            None => ScheduleError::BadValue {
                field,
                text: part,
                range: self.range,
            },
        }
    }

    /// What other programs know in the fields of days: `L`, `LW`, `15W`, `5L`,
    /// `FRIL`, `MON#2`.
    fn extension(&self, text: &str) -> Option<char> {
        if !self.of_days {
            return None;
        }
        if text.contains('#') {
            return Some('#');
        }
        let lower = text.to_ascii_lowercase();
        let stem = lower.strip_suffix(['l', 'w'])?;
        let known =
            stem == "l" || self.words.contains(&stem) || stem.bytes().all(|b| b.is_ascii_digit());
        known
            .then(|| text.chars().last())
            .flatten()
            .map(|c| c.to_ascii_uppercase())
    }
}

fn parse_step(step: &str, part: &str, kind: &Kind) -> Result<u8, ScheduleError> {
    let number = step.parse().ok().filter(|_| !step.starts_with('+'));
    number
        .filter(|step| *step > 0)
        .ok_or_else(|| ScheduleError::BadStep {
            field: kind.name,
            text: part.to_owned(),
        })
}

/// The numbers from `from` to `to` in steps.
fn span(from: u8, to: u8, step: u8) -> u64 {
    (from..=to)
        .step_by(usize::from(step))
        .fold(0, |bits, value| bits | 1 << value)
}
