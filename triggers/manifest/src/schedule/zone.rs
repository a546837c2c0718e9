//! From wall-clock times to instants, through the changes of a zone's offset.

use chrono::{DateTime, Duration, NaiveDateTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use super::Schedule;

/// How far ahead is looked at in one go, and how far back for a change that still
/// has its effect: no zone ever went back by more than a day.
const WINDOW: Duration = Duration::days(1);
/// No two changes of a zone come nearer to each other.
const STRIDE: Duration = Duration::hours(6);

/// A stretch of time without a change of the offset.
struct Stretch {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    offset: Duration,
    /// Where the wall clock stood when the stretch before it ended.
    handed_over: Option<NaiveDateTime>,
}

impl Schedule {
    /// The first instant later than `after` at which it fires, by the wall clock
    /// of `zone`; whole seconds. `None` only at the end of the calendar, some
    /// 260,000 years from now.
    ///
    /// Where the clock changes, a schedule of fixed times fires at a time that is
    /// skipped once, at the first instant after the gap, and at a time that comes
    /// twice once, the first time. One that repeats (a `*` or a step in its hours
    /// or minutes) goes by the time that passes: it fires whenever the clock shows
    /// what it names, not in a gap, and in both passes of a repeated hour.
    pub fn next_after(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let mut from = after
            .with_nanosecond(0)?
            .checked_add_signed(Duration::seconds(1))?;
        loop {
            let to = from.checked_add_signed(WINDOW)?;
            let stretches = stretches(from.checked_sub_signed(WINDOW)?, to, zone);
            let found = stretches
                .iter()
                .find_map(|stretch| self.first_in(stretch, from));
            if found.is_some() {
                return found;
            }
            // Nothing to look at before the next date that it names, give or take
            // what changes of the clock may do.
            let clock = to.naive_utc() + offset(to, zone);
            let named = self
                .first_named(clock.checked_sub_signed(WINDOW)?)?
                .and_utc();
            from = to.max(named.checked_sub_signed(WINDOW * 3)?);
        }
    }

    /// The last instant later than `after`, and no later than `until`, at which it
    /// fires. It costs the same however many there are between the two.
    pub fn last_between(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        zone: Tz,
    ) -> Option<DateTime<Utc>> {
        let next = |from| self.next_after(from, zone).filter(|next| *next <= until);
        let (mut from, mut empty_from) = (after, until);
        next(from)?;
        // Asked from `from` there is one, asked from `empty_from` there is none.
        while empty_from - from > Duration::seconds(1) {
            let middle = from + (empty_from - from) / 2;
            match next(middle) {
                Some(_) => from = middle,
                None => empty_from = middle,
            }
        }
        next(from)
    }

    /// The first instant of a stretch at which it fires, from `from` on.
    fn first_in(&self, stretch: &Stretch, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let begin = stretch.from.naive_utc() + stretch.offset;
        let end = stretch.to.naive_utc() + stretch.offset;
        let mut clock = begin.max(from.naive_utc() + stretch.offset);
        if let Some(handed_over) = stretch.handed_over
            && !self.repeats()
        {
            let skipped = |named: NaiveDateTime| named < begin;
            if stretch.from >= from && self.first_named(handed_over).is_some_and(skipped) {
                return Some(stretch.from);
            }
            // What the clock shows again has had its turn.
            clock = clock.max(handed_over);
        }
        let named = self.first_named(clock)?;
        (named < end).then(|| (named - stretch.offset).and_utc())
    }
}

/// The stretches from one instant to another, in order.
fn stretches(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> Vec<Stretch> {
    let mut list = vec![Stretch {
        from,
        to,
        offset: offset(from, zone),
        handed_over: None,
    }];
    let mut at = from;
    while at < to {
        let (before, next) = (offset(at, zone), (at + STRIDE).min(to));
        if offset(next, zone) != before {
            let change = first_change(at, next, zone);
            if let Some(last) = list.last_mut() {
                last.to = change;
            }
            list.push(Stretch {
                from: change,
                to,
                offset: offset(change, zone),
                handed_over: Some(change.naive_utc() + before),
            });
        }
        at = next;
    }
    list
}

/// The second at which the one change between two instants happens.
fn first_change(mut before: DateTime<Utc>, mut after: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let old = offset(before, zone);
    while after - before > Duration::seconds(1) {
        let middle = before + Duration::seconds((after - before).num_seconds() / 2);
        if offset(middle, zone) == old {
            before = middle;
        } else {
            after = middle;
        }
    }
    after
}

fn offset(at: DateTime<Utc>, zone: Tz) -> Duration {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    Duration::seconds(i64::from(offset.local_minus_utc()))
}
