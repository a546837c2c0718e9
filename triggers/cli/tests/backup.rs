//! `backup create`, `list`, `verify` and `restore` on a folder, with the private database.

mod support;

use std::fs;
use std::path::Path;

use age::secrecy::ExposeSecret;
use age::x25519;
use support::{Application, Ended};

/// An application, a folder for its backups, and a key to them.
struct Kept {
    application: Application,
    recipient: String,
}

impl Kept {
    fn new() -> Self {
        let application = Application::new();
        fs::create_dir(application.path("kept")).expect("a folder");
        let identity = x25519::Identity::generate();
        application.write("backup.key", identity.to_string().expose_secret());
        Self {
            application,
            recipient: identity.to_public().to_string(),
        }
    }

    fn store(&self) -> String {
        format!("file://{}", self.application.path("kept").display())
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let store = self.store();
        let all = [&["backup"], arguments, &["--store", &store]].concat();
        self.application.run(&all)
    }

    fn create(&self, more: &[&str]) -> Ended {
        self.run(&[&["create", "--recipient", &self.recipient], more].concat())
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.application.path("kept")).expect("a folder");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        };
        entries.map(name).collect()
    }
}

#[test]
fn the_private_database_goes_to_a_folder_and_comes_back_elsewhere() {
    let kept = Kept::new();
    let up = kept.application.up();
    let said = kept.create(&[]).success();
    assert!(
        said.starts_with("Made fixed-2") && said.contains(" s\n"),
        "{said}"
    );
    up.stop();
    let listed = kept.run(&["list"]).success();
    assert!(
        listed.starts_with("fixed-2") && listed.contains("KiB"),
        "{listed}"
    );
    let said = kept
        .run(&["verify", "latest", "--identity", "backup.key"])
        .success();
    assert!(
        said.contains("1  public.t\n") && said.contains(" is whole: "),
        "{said}"
    );

    let restore = ["restore", "latest", "--identity", "backup.key"];
    let elsewhere = [&restore[..], &["--state-dir", "other"]].concat();
    let said = kept.run(&elsewhere).success();
    assert!(
        said.contains("Restored fixed-2") && !said.contains("spindrift_before_restore"),
        "{said}"
    );
    // Over what is there: that is kept, as `spindrift restore` keeps it.
    let said = kept.run(&restore).success();
    assert!(said.contains("spindrift_before_restore"), "{said}");
    let up = kept.application.up();
    let text = kept.run(&restore).failure();
    assert!(text.contains("in use by another spindrift"), "{text}");
    up.stop();
}

#[test]
fn a_dump_that_was_written_elsewhere_is_kept_and_anything_else_is_not() {
    let kept = Kept::new();
    kept.application.up().stop();
    kept.application.run(&["backup", "today.dump"]).success();
    let said = kept.create(&["--dump", "today.dump"]).success();
    assert!(said.contains("Made fixed-2"), "{said}");
    let said = kept
        .run(&["verify", "latest", "--identity", "backup.key"])
        .success();
    assert!(said.contains("public.t\n"), "{said}");
    kept.application.write("notes.txt", "no dump at all");
    for (file, says) in [("notes.txt", "is no dump"), ("missing.dump", "cannot read")] {
        let text = kept.create(&["--dump", file]).failure();
        assert!(text.contains(says) && text.contains(file), "{text}");
    }
    assert_eq!(kept.names().len(), 1);
}

#[test]
fn old_backups_go_when_a_new_one_is_made() {
    let kept = Kept::new();
    kept.application.up().stop();
    let old = kept
        .application
        .path("kept")
        .join("fixed-20200101T000000Z.dump.age");
    fs::write(&old, "old").expect("a file");
    let other = kept
        .application
        .path("kept")
        .join("other-20200101T000000Z.dump.age");
    fs::write(&other, "another application's").expect("a file");
    let said = kept.create(&["--keep-days", "7"]).success();
    assert!(
        said.contains("Removed 1 older than 7 days; 1 are left"),
        "{said}"
    );
    assert!(!old.exists() && other.exists());
}

#[test]
fn what_cannot_be_is_said_before_anything_is_made() {
    let kept = Kept::new();
    let text = kept.create(&[]).failure();
    assert!(
        text.contains("no database") && text.contains("--state-dir"),
        "{text}"
    );
    let text = kept.run(&["create", "--recipient", "age1nobody"]).failure();
    assert!(
        text.contains("age1nobody") && text.contains("age-keygen"),
        "{text}"
    );
    let text = kept
        .run(&["verify", "latest", "--identity", "backup.key"])
        .failure();
    assert!(text.contains("no backup of fixed"), "{text}");
    let text = kept
        .run(&["verify", "latest", "--identity", "spin.toml"])
        .failure();
    assert!(
        text.contains("spin.toml") && text.contains("AGE-SECRET-KEY-1"),
        "{text}"
    );
    let bucket = ["backup", "list", "--store", "s3://backups/fixed"];
    let text = kept.application.run(&bucket).failure();
    assert!(text.contains("AWS_ACCESS_KEY_ID is not set"), "{text}");
    let url = "postgres://me:hunter2@127.0.0.1:1/x";
    let text = kept.create(&["--database-url", url]).failure();
    assert!(
        text.contains("pg_dump failed") && !text.contains("hunter2"),
        "{text}"
    );
    assert!(kept.names().is_empty());
    assert!(!Path::new(&kept.application.path(".spindrift")).exists());
}
