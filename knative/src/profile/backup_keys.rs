//! The keys of `[backup]`.

use super::keys::{Key, key};

pub(super) const BACKUP: &[Key] = &[
    key(
        "backup.store",
        "`s3://bucket/prefix`",
        "required",
        "Where backups go: a bucket that speaks S3, such as one of DigitalOcean's Spaces.",
    ),
    key(
        "backup.recipient",
        "a public key of age",
        "required",
        "Who can read them, `age1...`: `age-keygen` prints it. The key that belongs to it is kept elsewhere; without it no backup can be read.",
    ),
    key(
        "backup.credentials",
        "the name of a Secret",
        "required",
        "With `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`: a key for that bucket alone.",
    ),
    key(
        "backup.endpoint",
        "an address",
        "Amazon's",
        "Where the bucket is: `https://fra1.digitaloceanspaces.com`.",
    ),
    key(
        "backup.region",
        "a name",
        "`us-east-1`",
        "Its region, where the endpoint wants one.",
    ),
    key(
        "backup.schedule",
        "five fields",
        "`\"17 2 * * *\"`",
        "When, in UTC. The alert `BackupTooOld` expects one each day.",
    ),
    key(
        "backup.keep_days",
        "1 to 36500",
        "`30`",
        "Older backups are removed once a new one is made; never the newest.",
    ),
    key(
        "backup.url",
        "`{ secret, key }`",
        "`database.owner_url`",
        "The database as a role that row-level security does not bind, such as `doadmin`: `pg_dump` refuses with any other rather than leave rows out.",
    ),
    key(
        "backup.image",
        "a reference",
        "`\"docker.io/library/postgres:17-alpine\"`",
        "An image with `pg_dump` of the server's major version or a newer one.",
    ),
];
