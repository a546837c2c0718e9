//! A connection to a database on a server. To the server it is a stream: requests that are
//! tied together by what each answer says, the baton, until one closes it.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::hrana::{self, Done};
use super::server::Server;
use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, Value};

/// A connection that a function has opened. Dropping it closes the stream.
pub(super) struct Stream {
    server: Arc<Server>,
    /// Of the request that the function is at work on: nothing before its first statement.
    session: Mutex<Option<Arc<Session>>>,
    counted: Mutex<Counted>,
}

/// What one request has open on the server. One statement runs at a time.
type Session = tokio::sync::Mutex<At>;

/// How far a session has come.
enum At {
    /// The server knows nothing of it.
    Nowhere,
    Open(Open),
    /// The server has closed it, or nobody knows what it did last. A transaction may have
    /// ended with it: what follows must not go on as if it were still there.
    Lost,
}

/// A stream that the server waits for.
#[derive(Clone)]
struct Open {
    baton: String,
    /// Where its next request is sent.
    base: String,
}

/// What SQLite counts for a connection.
#[derive(Default)]
struct Counted {
    last_insert_rowid: i64,
    changes: u64,
}

impl Stream {
    pub(super) fn new(server: Arc<Server>) -> Self {
        Self {
            server,
            session: Mutex::default(),
            counted: Mutex::default(),
        }
    }

    /// Runs a statement, after those that were begun before it.
    pub(super) async fn execute(
        &self,
        statement: &str,
        parameters: &[Value],
    ) -> Result<QueryResult, Error> {
        let session = self.session();
        let mut at = session.lock().await;
        let open = match &*at {
            At::Nowhere => None,
            At::Open(open) => Some(open.clone()),
            At::Lost => return Err(lost()),
        };
        let (baton, base) = match &open {
            Some(open) => (Some(open.baton.as_str()), open.base.as_str()),
            None => (None, self.server.base()),
        };
        let asked = hrana::execute(baton, statement, parameters)?;
        if open.is_some() {
            // Until the answer is there, and if this is dropped meanwhile.
            *at = At::Lost;
        }
        let mut answer = self.server.ask(base, asked).await?;
        *at = match answer.baton.take() {
            Some(baton) => At::Open(Open {
                baton,
                base: match answer.base_url.take() {
                    Some(url) => self.server.elsewhere(&url)?,
                    None => base.to_owned(),
                },
            }),
            None => At::Lost,
        };
        let done = answer.done()?;
        self.counted().count(statement, &done);
        Ok(done.into())
    }

    pub(super) fn last_insert_rowid(&self) -> i64 {
        self.counted().last_insert_rowid
    }

    pub(super) fn changes(&self) -> u64 {
        self.counted().changes
    }

    /// Has what was opened closed, and a transaction that is open undone, in a task of its
    /// own: no request waits for it. The next statement begins anew.
    pub(super) fn end(&self) {
        let session = self.lock_session().take();
        let Some(session) = session else {
            return;
        };
        // Without a runtime the process is ending: the server closes what is left.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(close(self.server.clone(), session));
        }
    }

    fn session(&self) -> Arc<Session> {
        let mut session = self.lock_session();
        let begin = || Arc::new(Session::new(At::Nowhere));
        session.get_or_insert_with(begin).clone()
    }

    fn lock_session(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}

/// Closes a stream when the statement that may be under way on it has ended.
async fn close(server: Arc<Server>, session: Arc<Session>) {
    let mut at = session.lock().await;
    let At::Open(open) = mem::replace(&mut *at, At::Lost) else {
        return;
    };
    let closed = server.ask(&open.base, hrana::close(&open.baton)).await;
    if let Err(error) = closed {
        tracing::warn!(
            ?error,
            "a SQLite database on a server cannot be closed: a transaction that was left open there ends when the server does that by itself"
        );
    }
}

fn lost() -> Error {
    Error::Io(
        "the connection has ended, and a transaction that was open with it: open another one"
            .to_owned(),
    )
}

impl Counted {
    /// Counts a statement as SQLite does: those that change no rows leave the counts alone.
    fn count(&mut self, statement: &str, done: &Done) {
        let changes = done.affected_row_count;
        let (writes, inserts) = match first_word(statement).to_ascii_uppercase().as_str() {
            "INSERT" | "REPLACE" => (true, true),
            "UPDATE" | "DELETE" => (true, false),
            // It may begin a SELECT.
            "WITH" => (changes > 0 || !done.has_columns(), true),
            _ => (false, false),
        };
        if writes {
            self.changes = changes;
        }
        if let Some(rowid) = done.last_insert_rowid()
            && inserts
            && changes > 0
        {
            self.last_insert_rowid = rowid;
        }
    }
}

/// The first word of a statement, behind the comments before it.
fn first_word(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    loop {
        let comment = match (rest.strip_prefix("--"), rest.strip_prefix("/*")) {
            (Some(line), _) => line.split_once('\n'),
            (_, Some(block)) => block.split_once("*/"),
            (None, None) => break,
        };
        rest = comment.map_or("", |(_, after)| after.trim_start());
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic());
    rest.split_at(end.unwrap_or(rest.len())).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_behind_comments() {
        for (statement, word) in [
            ("insert into t", "insert"),
            (
                "\n -- a comment\n/* and\nanother */ DELETE FROM t",
                "DELETE",
            ),
            ("-- nothing", ""),
            ("/* nothing", ""),
            ("SELECT", "SELECT"),
            ("", ""),
        ] {
            assert_eq!(first_word(statement), word, "{statement}");
        }
    }

    #[test]
    fn what_changes_no_rows_leaves_the_counts_alone() {
        let mut counted = Counted::default();
        for (statement, columns, affected, rowid, expected) in [
            ("INSERT INTO t VALUES (1)", "", 1, Some(7), (7, 1)),
            ("SELECT 1", "{\"name\":\"1\"}", 0, None, (7, 1)),
            (
                "WITH n AS (SELECT 1) SELECT 1",
                "{\"name\":\"1\"}",
                0,
                None,
                (7, 1),
            ),
            ("UPDATE t SET a = 2", "", 2, None, (7, 2)),
            ("INSERT OR IGNORE INTO t VALUES (1)", "", 0, Some(0), (7, 0)),
            (
                "WITH n AS (SELECT 1) INSERT INTO t SELECT 1",
                "",
                3,
                Some(9),
                (9, 3),
            ),
            ("COMMIT", "", 0, None, (9, 3)),
        ] {
            let rowid = rowid.map_or("null".to_owned(), |id: i64| format!("\"{id}\""));
            let answer = format!(
                "{{\"results\":[{{\"response\":{{\"result\":{{\"cols\":[{columns}],\"rows\":[],\"affected_row_count\":{affected},\"last_insert_rowid\":{rowid}}}}}}}]}}"
            );
            let done = hrana::Answer::read(answer.as_bytes()).unwrap().done();
            counted.count(statement, &done.unwrap());
            let found = (counted.last_insert_rowid, counted.changes);
            assert_eq!(found, expected, "{statement}");
        }
    }
}
