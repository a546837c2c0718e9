//! Names of backups: `todo-20261126T021700Z.dump.age`.

use std::fmt::{self, Display, Formatter};

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

/// Names of one application sort by it.
const TIME: &str = "%Y%m%dT%H%M%SZ";
/// As long as a time is.
const TIME_LENGTH: usize = 16;
/// A dump of `pg_dump`, encrypted by age.
const END: &str = ".dump.age";

/// The name of a backup: of which application, and when it was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    app: String,
    at: DateTime<Utc>,
}

impl Name {
    /// The name of a backup of `app` that is begun at `at`, to the second. What of an
    /// application's name cannot be in a file's becomes `-`.
    pub fn new(app: &str, at: DateTime<Utc>) -> Self {
        Self {
            app: plain(app),
            at: at.trunc_subsecs(0),
        }
    }

    /// Reads one. `None` for everything that is not a backup's name: other objects in the
    /// same place, and what an upload that broke off may have left.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_suffix(END)?;
        let (app, time) = rest.split_at_checked(rest.len().checked_sub(TIME_LENGTH)?)?;
        let app = app.strip_suffix('-').filter(|app| !app.is_empty())?;
        let at = NaiveDateTime::parse_from_str(time, TIME).ok()?.and_utc();
        let name = Self {
            app: app.to_owned(),
            at,
        };
        // As it would be written, and in no other way.
        (plain(app) == app && name.to_string() == text).then_some(name)
    }

    /// The application.
    pub fn app(&self) -> &str {
        &self.app
    }

    /// Whether it is of an application of this name.
    pub fn is_of(&self, app: &str) -> bool {
        self.app == plain(app)
    }

    /// When it was begun: what it holds was the case then.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}{END}", self.app, self.at.format(TIME))
    }
}

fn plain(app: &str) -> String {
    let kept = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '.' => c,
        _ => '-',
    };
    app.chars().map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        let name = Name::new("todo", at("2026-11-26T02:17:00.123Z"));
        assert_eq!(name.to_string(), "todo-20261126T021700Z.dump.age");
        assert_eq!(Name::parse(&name.to_string()), Some(name));
    }

    #[test]
    fn names_of_one_application_sort_by_their_times() {
        let earlier = Name::new("todo", at("2026-09-30T23:59:59Z")).to_string();
        assert!(earlier < Name::new("todo", at("2026-10-01T00:00:00Z")).to_string());
    }

    #[test]
    fn an_application_whose_name_begins_like_another_is_another() {
        let name = Name::new("todo-staging", at("2026-11-26T02:17:00Z"));
        assert!(name.is_of("todo-staging") && !name.is_of("todo"));
        assert!(Name::new("My app/2", at("2026-11-26T02:17:00Z")).is_of("My app/2"));
    }

    #[test]
    fn what_is_no_backups_name_is_none() {
        for text in [
            "",
            ".dump.age",
            "-20261126T021700Z.dump.age",
            "20261126T021700Z.dump.age",
            "todo-20261126T021700Z.dump",
            "todo-20261126T021700Z.dump.age#1",
            "todo-20261126T021700.dump.age",
            "todo-20261326T021700Z.dump.age",
            "todo-2026112T0217000Z.dump.age",
            "tödo-20261126T021700Z.dump.age",
            "readme.txt",
        ] {
            assert_eq!(Name::parse(text), None, "{text:?}");
        }
    }
}
