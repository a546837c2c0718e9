//! A series' row.

use chrono::{DateTime, NaiveDate, Utc};
use domain::recurrence::{Frequency, Rule, Until, Zone, weekday_of};
use domain::series::{Mode, Progress, Repeat, Series, SeriesFields};
use domain::task::Priority;
use uuid::Uuid;

use crate::{Error, Row};

/// The columns of `todo.recurring_tasks s`, as [`read`] takes them.
macro_rules! columns {
    () => {
        "s.id, s.user_id, s.title, s.description, s.priority, s.tags, s.time_zone, \
         s.recurrence_type, s.recurrence_interval, s.weekdays, s.month_day, s.rrule, s.mode, \
         s.start_date AT TIME ZONE 'UTC', s.ends_at AT TIME ZONE 'UTC', s.ends_on, s.count, \
         s.is_active, s.remind_before, s.last_on, s.made, s.next_due_at AT TIME ZONE 'UTC', \
         s.last_created_at AT TIME ZONE 'UTC', s.version, s.created_at AT TIME ZONE 'UTC', \
         s.updated_at AT TIME ZONE 'UTC'"
    };
}
pub(super) use columns;

/// Reads a series; an error names it.
pub(super) fn read(mut row: Row) -> Result<Series, Error> {
    let id = row.take()?;
    read_after_id(row, id).map_err(|error| Error::Internal(format!("series {id}: {error}")))
}

fn read_after_id(mut row: Row, id: Uuid) -> Result<Series, Error> {
    let row = &mut row;
    Ok(Series {
        id,
        user_id: row.take()?,
        fields: fields(row)?,
        progress: Progress {
            last_on: row.take()?,
            made: natural(row.take()?)?,
            next_due_at: row.take()?,
            last_created_at: row.take()?,
        },
        version: row.take()?,
        created_at: row.take()?,
        updated_at: row.take()?,
    })
}

fn fields(row: &mut Row) -> Result<SeriesFields, Error> {
    let title = row.take()?;
    let description = row.take()?;
    let priority = Priority::of(row.take::<i16>()?.into()).ok_or_else(|| unknown("priority"))?;
    let tags = row.take()?;
    let time_zone = row.take::<String>()?;
    let time_zone = Zone::named(&time_zone).ok_or_else(|| unknown("time zone"))?;
    Ok(SeriesFields {
        title,
        description,
        priority,
        tags,
        repeat: repeat(row, &time_zone)?,
        mode: Mode::parse(&row.take::<String>()?).ok_or_else(|| unknown("mode"))?,
        time_zone,
        start_date: row.take()?,
        end_date: until(row.take()?, row.take()?),
        count: row.take::<Option<i32>>()?.map(natural).transpose()?,
        is_active: row.take()?,
        remind_before: naturals(row.take()?)?,
    })
}

fn repeat(row: &mut Row, zone: &Zone) -> Result<Repeat, Error> {
    let frequency: Option<String> = row.take()?;
    let interval: Option<i32> = row.take()?;
    let weekdays: Vec<String> = row.take()?;
    let month_day = row.take()?;
    let text: Option<String> = row.take()?;
    if let Some(text) = text {
        let rule = Rule::parse(&text, zone).map_err(|_| unknown("rule"))?;
        return Ok(Repeat::Rule { text, rule });
    }
    let frequency = frequency.as_deref().and_then(Frequency::parse);
    let weekdays = weekdays.iter().map(|name| weekday_of(name));
    Ok(Repeat::Plain {
        frequency: frequency.ok_or_else(|| unknown("recurrence type"))?,
        interval: natural(interval.unwrap_or(1))?,
        weekdays: weekdays
            .collect::<Option<_>>()
            .ok_or_else(|| unknown("weekday"))?,
        month_day,
    })
}

fn until(instant: Option<DateTime<Utc>>, day: Option<NaiveDate>) -> Option<Until> {
    instant.map(Until::Instant).or(day.map(Until::Day))
}

fn naturals(numbers: Vec<i32>) -> Result<Vec<u32>, Error> {
    numbers.into_iter().map(natural).collect()
}

fn natural(number: i32) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| unknown("number"))
}

fn unknown(what: &str) -> Error {
    Error::Internal(format!("it has an unknown {what}"))
}
