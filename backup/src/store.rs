//! Where backups are kept.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::path::Path as FilePath;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{Error, Name, s3};

/// A bucket or a folder with backups. Other things may be in it, too: they are left alone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) objects: Arc<dyn ObjectStore>,
    folder: Path,
    address: String,
}

/// A backup that is in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its name.
    pub name: Name,
    /// Its size in bytes, as it is stored.
    pub size: u64,
}

/// Which backup is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `latest`: the newest.
    Latest,
    /// The one of this name.
    Named(Name),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "latest" => Ok(Self::Latest),
            _ => Name::parse(text).map(Self::Named).ok_or_else(|| {
                "expected `latest`, or a name such as todo-20261126T021700Z.dump.age, as `spindrift backup list` \
                 shows them"
                    .to_owned()
            }),
        }
    }
}

impl Store {
    /// The store of an address: `s3://bucket/prefix`, or `file:///folder`, which has to be
    /// there. `environment` has the variables by which a bucket is reached:
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ENDPOINT_URL`, `AWS_REGION` and
    /// `AWS_SESSION_TOKEN`. Asks nobody.
    ///
    /// # Errors
    /// The address cannot be understood, or no key is named.
    pub fn new(address: &str, environment: &BTreeMap<String, String>) -> Result<Self, Error> {
        let bad = |reason: &str| Error::Address {
            // Without a user and a password, which some put there.
            address: without_user(address),
            reason: reason.to_owned(),
        };
        let (objects, folder): (Arc<dyn ObjectStore>, &str) =
            if let Some(place) = address.strip_prefix("s3://") {
                let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
                let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
                if bucket.is_empty() || !bucket.bytes().all(fits) {
                    return Err(bad("names no bucket"));
                }
                (Arc::new(s3::open(bucket, environment)?), prefix)
            } else if let Some(path) = address.strip_prefix("file://") {
                if !path.starts_with('/') {
                    return Err(bad("is not a whole path"));
                }
                if !FilePath::new(path).is_dir() {
                    return Err(bad("is no folder that is there"));
                }
                let local = LocalFileSystem::new_with_prefix(path)
                    .map_err(Error::store("use", address))?
                    // A backup that a loss of power takes back is none.
                    .with_fsync(true);
                (Arc::new(local), "")
            } else {
                return Err(bad("is neither"));
            };
        Ok(Self {
            objects,
            folder: Path::from(folder.trim_matches('/')),
            address: address.trim_end_matches('/').to_owned(),
        })
    }

    /// All backups, newest first.
    ///
    /// # Errors
    /// The store does not answer, or does not let us look.
    pub async fn list(&self) -> Result<Vec<Backup>, Error> {
        let listed = self.objects.list(Some(&self.folder));
        let objects: Vec<_> = listed
            .try_collect()
            .await
            .map_err(self.failed("list the backups in"))?;
        let backup = |object: object_store::ObjectMeta| {
            let name = Name::parse(object.location.filename()?)?;
            // What is in folders below is somebody else's.
            (object.location == self.path(&name)).then_some(Backup {
                name,
                size: object.size,
            })
        };
        let mut backups: Vec<Backup> = objects.into_iter().filter_map(backup).collect();
        backups.sort_by(|a, b| (b.name.at(), b.name.app()).cmp(&(a.name.at(), a.name.app())));
        Ok(backups)
    }

    /// The backup that is meant; the newest of `app`, or without one of all.
    ///
    /// # Errors
    /// [`Error::Missing`], and as [`Self::list`].
    pub async fn find(&self, wanted: &Wanted, app: Option<&str>) -> Result<Backup, Error> {
        let backups = self.list().await?;
        let fits = |backup: &Backup| match wanted {
            Wanted::Named(name) => backup.name == *name,
            Wanted::Latest => app.is_none_or(|app| backup.name.is_of(app)),
        };
        backups.into_iter().find(fits).ok_or_else(|| {
            Error::Missing(match (wanted, app) {
                (Wanted::Named(name), _) => format!("there is no {name} in {self}"),
                (Wanted::Latest, Some(app)) => format!("there is no backup of {app} in {self}"),
                (Wanted::Latest, None) => format!("there is no backup in {self}"),
            })
        })
    }

    /// A name for a backup of `app` that is begun at `at`, or the first instant after it
    /// that is not taken.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn free_name(&self, app: &str, at: DateTime<Utc>) -> Result<Name, Error> {
        let taken = self.list().await?;
        let mut name = Name::new(app, at);
        while taken.iter().any(|backup| backup.name == name) {
            name = Name::new(app, name.at() + chrono::TimeDelta::seconds(1));
        }
        Ok(name)
    }

    pub(crate) async fn delete(&self, name: &Name) -> Result<(), Error> {
        let deleted = self.objects.delete(&self.path(name)).await;
        deleted.map_err(self.failed(format!("delete {name} from")))
    }

    /// Where a backup is.
    pub(crate) fn path(&self, name: &Name) -> Path {
        self.folder.clone().join(name.to_string())
    }

    /// For `map_err`.
    pub(crate) fn failed<A: Into<String>>(
        &self,
        action: A,
    ) -> impl FnOnce(object_store::Error) -> Error + use<A> {
        Error::store(action, &self.address)
    }
}

impl Display for Store {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

fn without_user(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(names: &[&str]) -> BTreeMap<String, String> {
        let value = |name: &&str| ((*name).to_owned(), "some value".to_owned());
        names.iter().map(value).collect()
    }

    #[test]
    fn an_address_that_names_no_store_is_refused_with_what_to_write() {
        let keys = environment(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
        for address in [
            "",
            "backups",
            "s3://",
            "s3:///todo",
            "https://fra1.digitaloceanspaces.com/backups",
            "file://backups",
            "file:///no/such/folder",
        ] {
            let error = Store::new(address, &keys).unwrap_err().to_string();
            assert!(error.contains("s3://bucket/prefix"), "{address}: {error}");
        }
        let error = Store::new("s3://me:hunter2@bucket", &keys).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_bucket_without_a_key_names_the_variable() {
        let error = Store::new("s3://bucket/todo", &environment(&[])).unwrap_err();
        assert!(error.to_string().contains("AWS_ACCESS_KEY_ID"), "{error}");
        let half = environment(&["AWS_ACCESS_KEY_ID"]);
        let error = Store::new("s3://bucket/todo", &half).unwrap_err();
        assert!(
            error.to_string().starts_with("AWS_SECRET_ACCESS_KEY"),
            "{error}"
        );
    }

    #[test]
    fn what_is_wanted_is_a_name_or_the_latest() {
        assert_eq!("latest".parse(), Ok(Wanted::Latest));
        assert!("todo-20261126T021700Z.dump.age".parse::<Wanted>().is_ok());
        assert!("today".parse::<Wanted>().unwrap_err().contains("latest"));
    }
}
