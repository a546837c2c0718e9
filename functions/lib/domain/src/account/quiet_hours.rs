//! The hours of each day in which nobody wants to hear of anything.

use chrono::{NaiveTime, Timelike as _};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// From one time of day until another, in the person's time zone. When the end is
/// the earlier one, it is the next morning's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QuietHours {
    /// The first quiet minute.
    #[serde(serialize_with = "minutes")]
    pub from: NaiveTime,
    /// The first minute that is not quiet any more.
    #[serde(serialize_with = "minutes")]
    pub until: NaiveTime,
}

impl QuietHours {
    /// From two times that are kept; both or none are there.
    pub fn between(from: Option<NaiveTime>, until: Option<NaiveTime>) -> Option<Self> {
        Some(Self {
            from: from?,
            until: until?,
        })
    }

    /// Reads `{"from": "22:00", "until": "07:00"}`. `None`: it is something else,
    /// or no time at all.
    pub fn of(value: &Value) -> Option<Self> {
        let members = value.as_object().filter(|members| members.len() == 2)?;
        let from = time(members.get("from")?.as_str()?)?;
        let until = time(members.get("until")?.as_str()?)?;
        (from != until).then_some(Self { from, until })
    }
}

/// Reads `HH:MM`.
fn time(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| -> Option<u32> {
        let wanted = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if wanted { digits.parse().ok() } else { None }
    };
    NaiveTime::from_hms_opt(two(hour)?, two(minute)?, 0)
}

fn minutes<S: Serializer>(time: &NaiveTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{:02}:{:02}", time.hour(), time.minute()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quiet_hours_come_back_as_they_were_written() {
        let written = json!({"from": "22:30", "until": "07:00"});
        let read = QuietHours::of(&written).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), written);
    }

    #[test]
    fn what_is_no_span_of_a_day_is_refused() {
        for value in [
            json!("22:00"),
            json!({"from": "22:00"}),
            json!({"from": "22:00", "until": "22:00"}),
            json!({"from": "24:00", "until": "07:00"}),
            json!({"from": "22:60", "until": "07:00"}),
            json!({"from": "2:00", "until": "07:00"}),
            json!({"from": "22:00:00", "until": "07:00"}),
            json!({"from": "+2:00", "until": "07:00"}),
            json!({"from": 22, "until": 7}),
            json!({"from": "22:00", "until": "07:00", "days": []}),
        ] {
            assert_eq!(QuietHours::of(&value), None, "{value}");
        }
    }
}
