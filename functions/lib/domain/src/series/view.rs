//! A series as JSON.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Repeat, Series};
use crate::instant::{Day, Out};
use crate::recurrence::{Until, weekday_name};

/// A series as the API shows it, and as events carry it.
#[derive(Clone, Copy, Debug)]
pub struct SeriesView<'a>(pub &'a Series);

impl Serialize for SeriesView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(series) = self;
        let fields = &series.fields;
        let mut object = serializer.serialize_struct("RecurringTask", 22)?;
        object.serialize_field("id", &series.id)?;
        object.serialize_field("title", &fields.title)?;
        object.serialize_field("description", &fields.description)?;
        object.serialize_field("priority", &fields.priority.number())?;
        object.serialize_field("tags", &fields.tags)?;
        write_repeat(&fields.repeat, &mut object)?;
        object.serialize_field("mode", fields.mode.name())?;
        object.serialize_field("time_zone", fields.time_zone.name())?;
        object.serialize_field("start_date", &Out(fields.start_date))?;
        object.serialize_field("end_date", &fields.end_date.map(End))?;
        object.serialize_field("count", &fields.count)?;
        object.serialize_field("is_active", &fields.is_active)?;
        object.serialize_field("next_due_at", &series.progress.next_due_at.map(Out))?;
        object.serialize_field("last_created_at", &series.progress.last_created_at.map(Out))?;
        object.serialize_field("remind_before", &fields.remind_before)?;
        object.serialize_field("version", &series.version)?;
        object.serialize_field("created_at", &Out(series.created_at))?;
        object.serialize_field("updated_at", &Out(series.updated_at))?;
        object.end()
    }
}

/// What a rule says is null in the plain fields, and the other way round.
fn write_repeat<O: SerializeStruct>(repeat: &Repeat, object: &mut O) -> Result<(), O::Error> {
    let (frequency, interval, weekdays, month_day, text) = match repeat {
        Repeat::Plain {
            frequency,
            interval,
            weekdays,
            month_day,
        } => (
            Some(frequency.name()),
            Some(interval),
            weekdays.as_slice(),
            *month_day,
            None,
        ),
        Repeat::Rule { text, .. } => (None, None, [].as_slice(), None, Some(text)),
    };
    let weekdays: Vec<_> = weekdays.iter().copied().map(weekday_name).collect();
    object.serialize_field("recurrence_type", &frequency)?;
    object.serialize_field("recurrence_interval", &interval)?;
    object.serialize_field("weekdays", &weekdays)?;
    object.serialize_field("month_day", &month_day)?;
    object.serialize_field("rrule", &text)
}

/// An instant or a day, as it came in.
struct End(Until);

impl Serialize for End {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Until::Instant(instant) => Out(instant).serialize(serializer),
            Until::Day(day) => Day(day).serialize(serializer),
            Until::Local(local) => serializer.collect_str(&local.format("%Y-%m-%dT%H:%M:%S")),
        }
    }
}
