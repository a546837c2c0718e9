//! The database that both sides of the tasks comparison use.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::Utc;
use kit::token::{Claims, Keys};
use spindrift_database::migrate::migrate;
use spindrift_database::{PrivateServer, StateFolder, StateLock, connect, random_secret};
use tempfile::TempDir;
use tokio_postgres::Client;
use tokio_postgres::types::Type;
use uuid::Uuid;

/// People who send requests in turn. One alone would have every transaction wait
/// for the lock of their row.
const PEOPLE: usize = 64;

/// How long their tokens are good, in seconds.
const TOKENS: i64 = 24 * 60 * 60;

const SEED: &str = "\
    INSERT INTO todo.tasks (id, user_id, title, description, tags, due_at, created_at, updated_at) \
    SELECT gen_random_uuid(), person.id, 'Water the plants, take ' || n, \
    'The ones on the balcony first: they dry out soonest.', ARRAY['home', 'garden'], \
    now() + n * interval '1 week', now() - n * interval '1 hour', now() - n * interval '1 hour' \
    FROM todo.users person, generate_series(1, 25) n";

/// A private server of the benchmark's own. Dropped in this order.
pub(crate) struct Database {
    superuser: Client,
    server: PrivateServer,
    _lock: StateLock,
    folder: TempDir,
    /// The URLs of the functions' roles.
    pub(crate) app_url: String,
    pub(crate) worker_url: String,
    /// Signs access tokens.
    pub(crate) jwt_key: String,
    /// An access token for each person.
    pub(crate) tokens: Vec<String>,
}

/// Outbox records, by column.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) topics: Vec<String>,
    pub(crate) keys: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) data: Vec<String>,
}

/// Whether the server keeps the times of commits, which costs it a little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitTimes {
    Forgotten,
    Kept,
}

impl Database {
    /// Starts a server in `parent` and makes the tables of `migrations` and the people.
    pub(crate) async fn start(
        parent: &Path,
        migrations: &Path,
        times: CommitTimes,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("database-")
            .tempdir_in(parent)?;
        // As root the server runs as another user, who must get through.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
        let state = StateFolder::open(&folder.path().join("state"))?;
        let lock = state.lock()?;
        let mut server = PrivateServer::start(&lock, &|_| {}).await?;
        if times == CommitTimes::Kept {
            keep_commit_times(&superuser_url(&state, &server)?).await?;
            server.stop().await?;
            server = PrivateServer::start(&lock, &|_| {}).await?;
        }
        let access = server.access();
        let mut urls = access
            .ensure_roles(["spindrift_app", "spindrift_worker"])
            .await?;
        migrate(&access.owner_url()?, migrations, &|_| {}).await?;
        let mut url = |role: &str| {
            urls.remove(role)
                .with_context(|| format!("no URL of {role}"))
        };
        let (app_url, worker_url) = (url("spindrift_app")?, url("spindrift_worker")?);
        let superuser = connect(&superuser_url(&state, &server)?).await?;
        let jwt_key = random_secret(32)?;
        let people = people(&superuser, PEOPLE).await?;
        Ok(Self {
            superuser,
            tokens: sign(&jwt_key, &people)?,
            jwt_key,
            app_url,
            worker_url,
            server,
            _lock: lock,
            folder,
        })
    }

    /// `host:port`.
    pub(crate) fn host(&self) -> String {
        self.server.access().host()
    }

    /// The server's version.
    pub(crate) fn major(&self) -> u32 {
        self.server.major()
    }

    /// Leaves no task, nor anything that an earlier run made the server do later.
    pub(crate) async fn empty(&self) -> Result<()> {
        for sql in [
            "TRUNCATE todo.tasks, todo.reminders, spindrift.outbox",
            "CHECKPOINT",
        ] {
            self.superuser.batch_execute(sql).await?;
        }
        Ok(())
    }

    /// Gives each person 25 tasks: a full page and some more.
    pub(crate) async fn seed(&self) -> Result<()> {
        for sql in [
            "TRUNCATE todo.tasks, todo.reminders, spindrift.outbox",
            SEED,
            "VACUUM (ANALYZE) todo.tasks, todo.users",
            "CHECKPOINT",
        ] {
            self.superuser.batch_execute(sql).await?;
        }
        Ok(())
    }

    /// Makes that many more people, who call nothing. Their ids.
    pub(crate) async fn more_people(&self, count: usize) -> Result<Vec<Uuid>> {
        people(&self.superuser, count).await
    }

    /// Inserts outbox records in one transaction, by a statement that costs little: it is
    /// not what is measured.
    pub(crate) async fn insert_events(&self, records: &Records) -> Result<()> {
        let sql = "INSERT INTO spindrift.outbox (topic, key, headers, data) \
            SELECT * FROM unnest($1, $2, $3::jsonb[], $4::jsonb[])";
        let Records {
            topics,
            keys,
            headers,
            data,
        } = records;
        let columns = [topics, keys, headers, data].map(|column| (column as _, Type::TEXT_ARRAY));
        self.superuser.execute_typed(sql, &columns).await?;
        Ok(())
    }

    /// Leaves no event and no effect.
    pub(crate) async fn forget_events(&self) -> Result<()> {
        let sql = "TRUNCATE spindrift.outbox, spindrift.deliveries, spindrift.inbox, todo.task_event_log; \
            CHECKPOINT";
        for statement in sql.split("; ") {
            self.superuser.batch_execute(statement).await?;
        }
        Ok(())
    }

    /// How many events had their effect.
    pub(crate) async fn effects(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM todo.task_event_log";
        let row = self.superuser.query_one(sql, &[]).await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    /// Effects committed a second, from the first to the last.
    pub(crate) async fn effects_per_second(&self) -> Result<f64> {
        let sql = "SELECT (count(*) / extract(epoch FROM max(at) - min(at)))::float8 \
            FROM (SELECT pg_xact_commit_timestamp(xmin) AS at FROM todo.task_event_log) effects";
        Ok(self.superuser.query_one(sql, &[]).await?.get(0))
    }

    /// Milliseconds from an event to the commit of its effect: the median, the 99th
    /// percentile and the longest.
    pub(crate) async fn event_latency(&self) -> Result<[f64; 3]> {
        let sql = "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), \
            percentile_cont(0.99) WITHIN GROUP (ORDER BY ms), max(ms) FROM (\
            SELECT (extract(epoch FROM pg_xact_commit_timestamp(effect.xmin) - event.created_at) * 1000)::float8 AS ms \
            FROM todo.task_event_log effect JOIN spindrift.outbox event \
            ON effect.event_id = (event.headers->>'id')::uuid) latencies";
        let row = self.superuser.query_one(sql, &[]).await?;
        Ok([row.get(0), row.get(1), row.get(2)])
    }

    /// How many reminders there were.
    pub(crate) async fn reminded(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM todo.notifications WHERE kind = 'reminder'";
        let row = self.superuser.query_one(sql, &[]).await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    }

    /// Milliseconds from a reminder's instant to the commit of its notification: the
    /// median, the 99th percentile and the longest.
    pub(crate) async fn reminder_lateness(&self) -> Result<[f64; 3]> {
        let sql = "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), \
            percentile_cont(0.99) WITHIN GROUP (ORDER BY ms), max(ms) FROM (\
            SELECT (extract(epoch FROM pg_xact_commit_timestamp(xmin) - occurs_at) * 1000)::float8 AS ms \
            FROM todo.notifications WHERE kind = 'reminder') lateness";
        let row = self.superuser.query_one(sql, &[]).await?;
        Ok([row.get(0), row.get(1), row.get(2)])
    }

    /// Whether the server writes the statements of new sessions into its log.
    pub(crate) async fn log_statements(&self, on: bool) -> Result<()> {
        let value = if on { "'all'" } else { "DEFAULT" };
        let sql = format!("ALTER DATABASE spindrift SET log_statement = {value}");
        Ok(self.superuser.batch_execute(&sql).await?)
    }

    /// Where the server's log ends now.
    pub(crate) fn log_end(&self) -> Result<u64> {
        Ok(fs::metadata(self.log())?.len())
    }

    /// The prepared statements that were run since the log ended at `from`.
    pub(crate) fn statements_since(&self, from: u64) -> Result<Vec<String>> {
        let mut log = OpenOptions::new().read(true).open(self.log())?;
        log.seek(SeekFrom::Start(from))?;
        let mut text = String::new();
        log.read_to_string(&mut text)?;
        Ok(text
            .lines()
            .filter_map(executed)
            .map(str::to_owned)
            .collect())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("state/postgres.log")
    }

    /// Stops the server.
    pub(crate) async fn stop(self) -> Result<()> {
        drop(self.superuser);
        Ok(self.server.stop().await?)
    }
}

fn superuser_url(state: &StateFolder, server: &PrivateServer) -> Result<String> {
    let password = state.secrets().read("role.postgres")?;
    let password = password.context("no superuser")?;
    let host = server.access().host();
    Ok(format!(
        "postgres://postgres:{password}@{host}/spindrift?sslmode=disable"
    ))
}

async fn keep_commit_times(superuser: &str) -> Result<()> {
    let client = connect(superuser).await?;
    let sql = "ALTER SYSTEM SET track_commit_timestamp = on";
    Ok(client.batch_execute(sql).await?)
}

/// The statement of a line such as `... LOG:  execute s1: SELECT 1`.
fn executed(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("LOG:  execute ")?;
    rest.split_once(": ").map(|(_, sql)| sql)
}

async fn people(superuser: &Client, count: usize) -> Result<Vec<Uuid>> {
    let people: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    let sql = "INSERT INTO todo.users (id, email) SELECT id, id || '@example.com' FROM unnest($1::uuid[]) id";
    superuser.execute(sql, &[&people]).await?;
    Ok(people)
}

fn sign(key: &str, people: &[Uuid]) -> Result<Vec<String>> {
    let keys = Keys::from_seed(key)?;
    let iat = Utc::now().timestamp();
    let token = |&sub: &Uuid| {
        keys.sign(&Claims {
            sub,
            sid: Uuid::now_v7(),
            iat,
            exp: iat + TOKENS,
        })
    };
    Ok(people.iter().map(token).collect())
}

#[cfg(test)]
mod tests {
    use super::executed;

    #[test]
    fn a_statement_is_read_from_the_servers_log() {
        let line =
            "2025-01-01 00:00:00.000 UTC [7] LOG:  execute s1: SELECT set_config('a: b', $1, true)";
        assert_eq!(executed(line), Some("SELECT set_config('a: b', $1, true)"));
        assert_eq!(executed("2025-01-01 [7] LOG:  statement: BEGIN"), None);
    }
}
