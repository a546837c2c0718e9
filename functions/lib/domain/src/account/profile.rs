//! What a person may change about themselves.

use serde_json::Value;

use super::credentials::NAME_TAKES;
use super::{NAME_MAX, QuietHours};
use crate::{FieldError, Fields, Invalid};

/// How often a person wants a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// Never.
    Off,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
}

impl Digest {
    /// The word in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }

    /// Reads the word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Off, Self::Daily, Self::Weekly]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}

/// A change of one's own account (RFC 7396): what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePatch {
    /// What to call the person.
    pub name: Option<String>,
    /// A language tag (BCP 47).
    pub locale: Option<String>,
    /// The name of a time zone. Whether there is such a zone, the database knows.
    pub time_zone: Option<String>,
    /// The inner `None`: no quiet hours.
    pub quiet_hours: Option<Option<QuietHours>>,
    /// How often to send a summary.
    pub digest: Option<Digest>,
}

impl ProfilePatch {
    /// Reads the body of a change.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn of(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let patch = Self {
            name: text(&mut fields, "name", NAME_TAKES, |name| {
                let name = name.trim();
                (1..=NAME_MAX)
                    .contains(&name.chars().count())
                    .then(|| name.to_owned())
            }),
            locale: text(
                &mut fields,
                "locale",
                "has to be a language tag such as `nl-BE`",
                |tag| is_language_tag(tag).then(|| tag.to_owned()),
            ),
            time_zone: text(&mut fields, "time_zone", TIME_ZONE_TAKES, |zone| {
                (1..=64).contains(&zone.len()).then(|| zone.to_owned())
            }),
            quiet_hours: quiet_hours(&mut fields),
            digest: text(
                &mut fields,
                "digest",
                "has to be `off`, `daily` or `weekly`",
                Digest::of,
            ),
        };
        fields.finish()?;
        Ok(patch)
    }

    /// What to tell somebody whose time zone the database does not know.
    pub fn unknown_time_zone() -> Invalid {
        FieldError::of("time_zone", TIME_ZONE_TAKES).into()
    }
}

const TIME_ZONE_TAKES: &str = "has to be the name of an IANA time zone such as `Europe/Brussels`";

/// Reads a text that can be changed but not taken away.
fn text<T>(
    fields: &mut Fields,
    name: &str,
    takes: &str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let given = fields.text(name)?;
    match given.as_deref().and_then(read) {
        Some(value) => Some(value),
        None => fields.reject(FieldError::of(name, takes)),
    }
}

fn quiet_hours(fields: &mut Fields) -> Option<Option<QuietHours>> {
    match fields.take("quiet_hours")? {
        Value::Null => Some(None),
        value => match QuietHours::of(&value) {
            Some(hours) => Some(Some(hours)),
            None => fields.reject(FieldError::of(
                "quiet_hours",
                "has to be null or two different times of day, as in {\"from\": \"22:00\", \"until\": \"07:00\"}",
            )),
        },
    }
}

/// The shape of a BCP 47 tag: a language of 2 to 8 letters, then subtags of 1 to 8
/// letters and digits.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag.len() <= 35
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_stays_as_it_is() {
        assert_eq!(ProfilePatch::of(json!({})), Ok(ProfilePatch::default()));
        let patch = ProfilePatch::of(json!({"name": " Ann ", "quiet_hours": null})).unwrap();
        assert_eq!(patch.name.as_deref(), Some("Ann"));
        assert_eq!(patch.quiet_hours, Some(None));
        assert_eq!(patch.digest, None);
    }

    #[test]
    fn every_mistake_in_a_change_is_reported_at_once() {
        let body = json!({
            "name": null, "locale": "english please", "time_zone": "", "quiet_hours": {},
            "digest": "hourly", "email": "a@b.example",
        });
        let Invalid(errors) = ProfilePatch::of(body).unwrap_err();
        let mut pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
        pointers.sort_unstable();
        let all = [
            "/digest",
            "/email",
            "/locale",
            "/name",
            "/quiet_hours",
            "/time_zone",
        ];
        assert_eq!(pointers, all);
    }

    #[test]
    fn language_tags_have_the_shape_of_bcp_47() {
        for tag in ["en", "nl-BE", "zh-Hant-TW", "de-1996", "sr-Latn-x-private"] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for tag in [
            "",
            "e",
            "en_US",
            "en-",
            "-en",
            "en-toolongsubtag",
            "12",
            "en US",
        ] {
            assert!(!is_language_tag(tag), "{tag}");
        }
    }
}
