//! `[backup]`: a copy of the database each day, encrypted and elsewhere.

use spindrift_manifest::Schedule;
use spindrift_manifest::reading::{Field, count};

use super::WebAddress;
use super::read::image;
use super::values::{label, object_name, secret, web_address};
use crate::release::SecretKey;

/// `[backup]`: the table's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// `store`: where backups go.
    pub store: String,
    /// `recipient`: the public key of who can read them.
    pub recipient: String,
    /// `schedule`, in UTC.
    pub schedule: String,
    /// `keep_days`.
    pub keep_days: u32,
    /// `credentials`: the Secret with the bucket's key.
    pub credentials: String,
    /// `endpoint` of the bucket.
    pub endpoint: Option<WebAddress>,
    /// `region` of the bucket.
    pub region: Option<String>,
    /// `image` that has `pg_dump`.
    pub image: String,
    /// `url` of a role that row-level security does not bind.
    pub url: Option<SecretKey>,
}

/// PostgreSQL's own image. Its `pg_dump` has to be of the server's major version, or newer:
/// this is what `infra/terraform` makes.
const IMAGE: &str = "docker.io/library/postgres:17-alpine";

/// While few are awake, and before the day's first work.
const SCHEDULE: &str = "17 2 * * *";

/// Reads the table. `None` always comes with a mistake in the report.
pub(super) fn backup(field: &Field<'_>) -> Option<Backup> {
    let mut fields = field.fields()?;
    let store = fields.require(
        "store",
        "add where backups go, `store = \"s3://acme-todo-backups/todo\"`",
    );
    let store = store.and_then(|field| bucket(&field));
    let recipient = fields.require(
        "recipient",
        "add the public key that `age-keygen` prints, `recipient = \"age1...\"`",
    );
    let recipient = recipient.and_then(|field| public_key(&field));
    let credentials = fields.require(
        "credentials",
        "add the Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, `credentials = \"todo-backup\"`",
    );
    let credentials = credentials.and_then(|field| object_name(&field));
    let schedule = fields
        .take("schedule")
        .and_then(|field| five_fields(&field));
    let days = fields.take("keep_days");
    let endpoint = fields
        .take("endpoint")
        .and_then(|field| web_address(&field, "https://fra1.digitaloceanspaces.com"));
    let region = fields.take("region").and_then(|field| label(&field));
    let image = fields.take("image").and_then(|field| image(&field));
    let url = fields.take("url").and_then(|field| secret(&field));
    let keep_days = days.and_then(|field| count(&field, 1..=36500));
    fields.finish();
    Some(Backup {
        store: store?,
        recipient: recipient?,
        schedule: schedule.unwrap_or_else(|| SCHEDULE.to_owned()),
        keep_days: keep_days.unwrap_or(30),
        credentials: credentials?,
        endpoint,
        region,
        image: image.unwrap_or_else(|| IMAGE.to_owned()),
        url,
    })
}

/// A pod has no folder that outlives it.
fn bucket(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    let place = text.strip_prefix("s3://").unwrap_or_default();
    if place.split('/').next().unwrap_or_default().is_empty() || text.contains(['@', ' ']) {
        field.error("must be a bucket, and a place in it: `s3://acme-todo-backups/todo`");
    }
    Some(text.to_owned())
}

/// As far as can be seen without arithmetic: the program checks the rest.
fn public_key(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    let rest = text.strip_prefix("age1").unwrap_or_default();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    if rest.len() != 58 || !rest.bytes().all(fits) {
        field.error("must be a public key of age, `age1` and 58 letters and digits, as `age-keygen` prints it");
    }
    Some(text.to_owned())
}

fn five_fields(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    match Schedule::parse(text) {
        Err(error) => field.error(error.to_string()),
        Ok(_) if text.split_ascii_whitespace().count() != 5 => {
            field.error("must have five fields, as in `17 2 * * *`: a CronJob has no seconds");
        }
        Ok(_) => {}
    }
    Some(text.to_owned())
}

impl Backup {
    /// The port at which the bucket is reached.
    pub(crate) fn port(&self) -> u16 {
        self.endpoint.as_ref().map_or(443, |address| address.port)
    }
}
