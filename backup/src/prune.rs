//! Removing what is old.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Backup, Error, Name, Store};

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The names of what is gone, newest first.
    pub removed: Vec<Name>,
    /// How many backups of the application are left.
    pub left: usize,
}

impl Store {
    /// Removes the backups of `app` that are older than `days` at `now`, and never the
    /// newest: when nobody has made one for a long time, it is all that there is.
    ///
    /// # Errors
    /// As [`Self::list`]. What was removed by then is gone.
    pub async fn prune(&self, app: &str, days: u32, now: DateTime<Utc>) -> Result<Pruned, Error> {
        let backups = self.list().await?;
        let old = old(&backups, app, days, now);
        for name in &old {
            self.delete(name).await?;
        }
        let own = backups.iter().filter(|backup| backup.name.is_of(app));
        Ok(Pruned {
            left: own.count() - old.len(),
            removed: old,
        })
    }
}

/// Of backups, newest first, those that go.
fn old(backups: &[Backup], app: &str, days: u32, now: DateTime<Utc>) -> Vec<Name> {
    let kept = TimeDelta::days(days.into());
    let names = backups.iter().map(|backup| &backup.name);
    names
        .filter(|name| name.is_of(app))
        .skip(1)
        .filter(|name| now - name.at() > kept)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backups(app: &str, times: &[&str]) -> Vec<Backup> {
        let backup = |time: &&str| Backup {
            name: Name::new(app, time.parse().unwrap()),
            size: 1,
        };
        times.iter().map(backup).collect()
    }

    #[test]
    fn what_is_older_goes_and_the_newest_stays_however_old_it_is() {
        let times = [
            "2026-11-01T00:00:00Z",
            "2026-10-28T02:17:01Z",
            "2026-10-27T02:16:59Z",
        ];
        let mut all = backups("todo", &times);
        all.extend(backups("other", &["2026-01-01T00:00:00Z"]));
        let on = |now: &str| -> Vec<String> {
            let old = old(&all, "todo", 30, now.parse().unwrap());
            old.iter().map(|name| name.at().to_rfc3339()).collect()
        };
        assert_eq!(on("2026-11-26T02:16:59Z"), [""; 0]);
        assert_eq!(on("2026-11-26T02:17:00Z"), ["2026-10-27T02:16:59+00:00"]);
        // Another application's, and the last one of this, stay for ever.
        assert_eq!(on("2030-01-01T00:00:00Z").len(), 2);
    }
}
