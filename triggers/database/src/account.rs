//! Who runs PostgreSQL: never root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::Error;

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// Name, or the uid in digits when it has none.
    pub name: String,
}

/// Whom to run the server as: `None` for the present user, an unprivileged
/// account when the present user is root: the one that called `sudo`, else
/// `postgres`, else `nobody`.
///
/// # Errors
/// [`Error::NoAccount`] when the present user is root and there is nobody else.
pub fn unprivileged() -> Result<Option<Account>, Error> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    sudo_caller(&users)
        .or_else(|| by_name(&users, "postgres"))
        .or_else(|| by_name(&users, "nobody"))
        .map(Some)
        .ok_or(Error::NoAccount)
}

/// The account of a file's owner, when the present user is root and the owner is not.
pub(crate) fn owner_of(path: &Path) -> Option<Account> {
    let metadata = fs::metadata(path).ok()?;
    let (uid, gid) = (metadata.uid(), metadata.gid());
    if uid == 0 || !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let known = users
        .lines()
        .filter_map(parse)
        .find(|account| account.uid == uid);
    Some(known.unwrap_or(Account {
        uid,
        gid,
        name: uid.to_string(),
    }))
}

impl Account {
    /// Whether this user gets into `folder`, by the mode bits of it and of every
    /// folder above it.
    pub fn reaches(&self, folder: &Path) -> bool {
        folder.ancestors().all(|folder| {
            fs::metadata(folder).is_ok_and(|metadata| {
                let bit = if metadata.uid() == self.uid {
                    0o100
                } else if metadata.gid() == self.gid {
                    0o010
                } else {
                    0o001
                };
                metadata.mode() & bit != 0
            })
        })
    }
}

fn sudo_caller(users: &str) -> Option<Account> {
    let id = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    let (uid, gid) = (id("SUDO_UID")?, id("SUDO_GID")?);
    // Names are for messages; the numbers are right even for users of a directory service.
    let name = std::env::var("SUDO_USER").unwrap_or_else(|_| uid.to_string());
    let known = by_name(users, &name).filter(|account| account.uid == uid);
    Some(known.unwrap_or(Account { uid, gid, name })).filter(|account| account.uid != 0)
}

fn by_name(users: &str, name: &str) -> Option<Account> {
    users
        .lines()
        .filter_map(parse)
        .find(|account| account.name == name)
}

/// A line of passwd(5).
fn parse(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { uid, gid, name })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_line_of_passwd_gives_name_and_numbers() {
        let users = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
        let expected = Account {
            uid: 101,
            gid: 104,
            name: "postgres".to_owned(),
        };
        assert_eq!(by_name(users, "postgres"), Some(expected));
        assert_eq!(by_name(users, "nobody"), None);
    }

    #[test]
    fn a_closed_folder_on_the_way_keeps_others_out() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("below");
        fs::create_dir(&below).unwrap();
        let stranger = Account {
            uid: 65_000,
            gid: 65_000,
            name: "stranger".to_owned(),
        };
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!stranger.reaches(&below));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert!(stranger.reaches(&below));
    }
}
