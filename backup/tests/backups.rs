//! Backups in a real bucket and in a folder: what was written comes back, and what did not
//! become one, or is none any more, is told.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use age::secrecy::ExposeSecret;
use age::x25519;
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use spindrift_backup::{Backup, Error, Identities, Name, Recipients, Store, Upload, Wanted};
use spindrift_test_bucket::Bucket;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

/// The size of a part, and more than two pieces of a download.
const PART: usize = 16 << 20;

/// A key, and where its secret half is.
struct Key {
    recipients: Recipients,
    identities: Identities,
}

impl Key {
    fn new() -> Result<Self> {
        let identity = x25519::Identity::generate();
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("backup.key");
        fs::write(&file, identity.to_string().expose_secret())?;
        Ok(Self {
            recipients: Recipients::parse(&[identity.to_public().to_string()])?,
            identities: Identities::read(&file)?,
        })
    }
}

fn bytes(count: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    bytes
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn in_bucket(bucket: &Bucket) -> Result<Store> {
    Ok(Store::new(&bucket.address("todo"), &bucket.environment())?)
}

fn in_folder(folder: &Path) -> Result<Store> {
    let address = format!("file://{}", folder.display());
    Ok(Store::new(&address, &BTreeMap::new())?)
}

async fn write(store: &Store, name: Name, key: &Key, bytes: &[u8]) -> Result<Backup, Error> {
    let mut upload = Upload::begin(store, name, &key.recipients).await?;
    let written = async {
        for piece in bytes.chunks(1 << 20) {
            upload.write(piece).await?;
        }
        upload.finish().await
    };
    let written = written.await;
    if written.is_err() {
        upload.abort().await;
    }
    written
}

async fn read(store: &Store, backup: &Backup, key: &Key) -> Result<Vec<u8>> {
    let mut plain = store.open(backup, &key.identities).await?;
    let mut all = Vec::new();
    plain.read_to_end(&mut all).await?;
    Ok(all)
}

/// A store of each kind, and what has to live as long.
async fn stores() -> Result<(Bucket, TempDir, [Store; 2])> {
    let (bucket, folder) = (Bucket::start().await?, tempfile::tempdir()?);
    let stores = [in_bucket(&bucket)?, in_folder(folder.path())?];
    Ok((bucket, folder, stores))
}

#[tokio::test]
async fn what_was_written_in_parts_comes_back_byte_by_byte() -> Result<()> {
    let (bucket, _folder, stores) = stores().await?;
    let key = Key::new()?;
    // Two parts and a rest, and pieces that end where parts do not.
    let bytes = bytes(2 * PART + 12_345);
    for store in &stores {
        let name = store.free_name("todo", at("2026-11-26T02:17:00Z")).await?;
        let written = write(store, name, &key, &bytes).await?;
        assert!(written.size > bytes.len() as u64);
        assert_eq!(store.list().await?, std::slice::from_ref(&written));
        assert!(read(store, &written, &key).await? == bytes, "in {store}");
        // The second in the same second has another name.
        let next = store
            .free_name("todo", at("2026-11-26T02:17:00.9Z"))
            .await?;
        assert_eq!(next.to_string(), "todo-20261126T021701Z.dump.age");
    }
    assert_eq!(bucket.seen(), 3);
    assert_eq!(bucket.parts()?, 0);
    Ok(())
}

#[tokio::test]
async fn the_latest_is_that_of_the_application_and_other_things_are_left_alone() -> Result<()> {
    let (bucket, folder, stores) = stores().await?;
    let key = Key::new()?;
    fs::create_dir_all(bucket.file("todo/below"))?;
    fs::create_dir_all(folder.path().join("below"))?;
    for place in [bucket.file("todo"), folder.path().to_owned()] {
        fs::write(place.join("readme.txt"), "not a backup")?;
        let below = "below/todo-20270101T000000Z.dump.age";
        fs::write(place.join(below), "somebody else's")?;
    }
    for store in &stores {
        for (app, time) in [
            ("todo", "2026-11-24T02:17:00Z"),
            ("todo", "2026-11-26T02:17:00Z"),
            ("todo-staging", "2026-11-27T02:17:00Z"),
            ("todo", "2026-11-25T02:17:00Z"),
        ] {
            write(store, Name::new(app, at(time)), &key, b"rows").await?;
        }
        let names: Vec<String> = store
            .list()
            .await?
            .iter()
            .map(|backup| backup.name.to_string())
            .collect();
        assert_eq!(
            names,
            [
                "todo-staging-20261127T021700Z.dump.age",
                "todo-20261126T021700Z.dump.age",
                "todo-20261125T021700Z.dump.age",
                "todo-20261124T021700Z.dump.age",
            ]
        );
        let latest = store.find(&Wanted::Latest, Some("todo")).await?;
        assert_eq!(latest.name.at(), at("2026-11-26T02:17:00Z"));
        let latest = store.find(&Wanted::Latest, None).await?;
        assert_eq!(latest.name.app(), "todo-staging");
        let missing = store.find(&Wanted::Latest, Some("shop")).await;
        let text = missing.unwrap_err().to_string();
        assert!(
            text.contains("no backup of shop") && text.contains("list"),
            "{text}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_old_goes_and_the_newest_never_does() -> Result<()> {
    let (_bucket, _folder, stores) = stores().await?;
    let (key, now) = (Key::new()?, at("2026-11-26T02:20:00Z"));
    for store in &stores {
        for days in [40, 31, 29, 0] {
            let name = Name::new("todo", now - TimeDelta::days(days));
            write(store, name, &key, b"rows").await?;
        }
        let other = Name::new("shop", now - TimeDelta::days(100));
        write(store, other, &key, b"rows").await?;
        let pruned = store.prune("todo", 30, now).await?;
        assert_eq!((pruned.removed.len(), pruned.left), (2, 2));
        assert_eq!(store.list().await?.len(), 3);
        // Nobody has made one for a year.
        let pruned = store.prune("todo", 30, now + TimeDelta::days(365)).await?;
        assert_eq!((pruned.removed.len(), pruned.left), (1, 1));
        let left = store.find(&Wanted::Latest, Some("todo")).await?;
        assert_eq!(left.name.at(), now);
    }
    Ok(())
}

#[tokio::test]
async fn another_key_reads_nothing_and_is_told_so() -> Result<()> {
    let (_bucket, _folder, stores) = stores().await?;
    let (key, other) = (Key::new()?, Key::new()?);
    for store in &stores {
        let name = Name::new("todo", at("2026-11-26T02:17:00Z"));
        let backup = write(store, name, &key, b"rows").await?;
        let error = store.open(&backup, &other.identities).await.err().unwrap();
        assert!(matches!(error, Error::WrongIdentity(_)), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_bit_that_is_another_and_an_end_too_soon_are_noticed_wherever_they_are() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = in_folder(folder.path())?;
    let key = Key::new()?;
    let bytes = bytes(300_000);
    let name = Name::new("todo", at("2026-11-26T02:17:00Z"));
    let file = folder.path().join(name.to_string());
    write(&store, name.clone(), &key, &bytes).await?;
    let whole = fs::read(&file)?;
    let tried = async |damaged: &[u8]| -> Result<String> {
        fs::write(&file, damaged)?;
        let backup = store.find(&Wanted::Named(name.clone()), None).await?;
        match read(&store, &backup, &key).await {
            Ok(_) => anyhow::bail!("it was read"),
            Err(error) => Ok(error.to_string()),
        }
    };
    // In the head, in the middle, in the last byte.
    for place in [30, 120, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        let text = tried(&damaged).await?;
        assert!(
            text.contains("is damaged") || text.contains("encrypted for somebody else"),
            "at {place}: {text}"
        );
    }
    // Within the head, within a chunk, at the end of one, before the last byte.
    let head = whole.len() - 300_000 - 5 * 16;
    for end in [40, 1000, head + 2 * (65_536 + 16), whole.len() - 1, 0] {
        let text = tried(&whole[..end]).await?;
        assert!(text.contains("is damaged"), "cut at {end}: {text}");
    }
    fs::write(&file, [&whole[..], b"more"].concat())?;
    assert!(
        tried(&[&whole[..], b"more"].concat())
            .await?
            .contains("is damaged")
    );
    // As it was, it is read again.
    fs::write(&file, &whole)?;
    let backup = store.find(&Wanted::Latest, None).await?;
    assert!(read(&store, &backup, &key).await? == bytes);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_that_is_a_backup() -> Result<()> {
    let bucket = Bucket::start().await?;
    let store = in_bucket(&bucket)?;
    let key = Key::new()?;
    bucket.refuse_part(2);
    let name = Name::new("todo", at("2026-11-26T02:17:00Z"));
    let refused = write(&store, name.clone(), &key, &bytes(3 * PART)).await;
    let text = refused.unwrap_err().to_string();
    assert!(
        text.contains(&name.to_string()) && text.contains("AWS_ACCESS_KEY_ID"),
        "{text}"
    );
    assert_eq!(store.list().await?, []);
    assert_eq!(bucket.parts()?, 0, "parts are left");
    Ok(())
}

#[tokio::test]
async fn who_gives_up_leaves_nothing() -> Result<()> {
    let (bucket, folder, stores) = stores().await?;
    let key = Key::new()?;
    for store in &stores {
        let name = Name::new("todo", at("2026-11-26T02:17:00Z"));
        let mut upload = Upload::begin(store, name, &key.recipients).await?;
        upload.write(&bytes(PART + 1)).await?;
        assert_eq!(store.list().await?, [], "before its end it is none");
        upload.abort().await;
        assert_eq!(store.list().await?, []);
    }
    assert_eq!(bucket.parts()?, 0);
    assert_eq!(fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_not_the_buckets_is_an_error_that_names_the_variable() -> Result<()> {
    let bucket = Bucket::start().await?;
    let mut environment = bucket.environment();
    environment.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "hunter2".to_owned());
    let store = Store::new(&bucket.address("todo"), &environment)?;
    let text = store.list().await.unwrap_err().to_string();
    assert!(
        text.contains("AWS_ACCESS_KEY_ID") && text.contains("s3://backups/todo"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
    Ok(())
}
