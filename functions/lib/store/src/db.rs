//! A connection, and the transactions on it.

use std::cell::Cell;

use futures::future::join3;
use spin_sdk::pg::{Connection, DbValue, ParameterValue};
use spin_sdk::wit_bindgen::StreamResult;
use uuid::Uuid;

use crate::inbox::Claim;
use crate::{Error, Row, params};

/// Rows asked of the host at once. A page of a list arrives in one or two reads.
const ROWS_PER_READ: usize = 64;

/// One borrowed connection, for the time of one request.
pub struct Db {
    connection: Connection,
}

impl Db {
    /// Borrows a connection from the host's pool.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the server can't be reached or the pool is
    /// empty for too long.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let connection = Connection::open(url).await?;
        Ok(Self { connection })
    }

    /// Statements that each run in a transaction of their own. `user` is the
    /// person whose rows they may touch; `None` is for the worker's role, whose
    /// policies don't ask.
    pub fn each(&self, user: Option<Uuid>) -> Scope<'_> {
        Scope::new(self, user, State::Each)
    }

    /// Runs `work` in one transaction: committed when it returns `Ok`, rolled
    /// back when it returns `Err`. BEGIN goes out together with the first
    /// statement, and COMMIT together with a statement that `work` calls the
    /// last, so that a transaction of one statement costs one round trip.
    ///
    /// # Errors
    ///
    /// What `work` returns, or the failure to commit. After
    /// [`Error::Unavailable`] the commit may have happened.
    pub async fn transaction<T, E: From<Error>>(
        &self,
        user: Option<Uuid>,
        work: impl AsyncFnOnce(&Scope<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let scope = Scope::new(self, user, State::Unopened);
        let result = work(&scope).await;
        scope.end(result).await
    }

    /// Runs `work` as what `claim` does about its event, in one transaction of the
    /// worker's role together with the row that remembers it: both are there or
    /// neither. The row goes out together with the first statement, so that it costs
    /// no round trip; when the event was handled before, the database refuses all of
    /// it, and the answer is `None`.
    ///
    /// # Errors
    ///
    /// As for [`Db::transaction`].
    pub async fn once<T, E: From<Error>>(
        &self,
        claim: Claim<'_>,
        work: impl AsyncFnOnce(&Scope<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let mut scope = Scope::new(self, None, State::Unopened);
        scope.claim = Some(claim);
        let mut result = work(&scope).await;
        if result.is_ok() && scope.state.get() == State::Unopened {
            let claimed = scope.insert_claim(claim).await;
            result = result.and_then(|value| claimed.map(|_| value).map_err(E::from));
        }
        let result = scope.end(result).await;
        if result.is_err() && scope.conflict.get() && self.was_handled(claim).await? {
            return Ok(None);
        }
        result.map(Some)
    }

    async fn was_handled(&self, claim: Claim<'_>) -> Result<bool, Error> {
        Ok(!self.query(Claim::FIND, claim.params()).await?.is_empty())
    }

    async fn execute(&self, sql: &str, params: Vec<ParameterValue>) -> Result<u64, Error> {
        Ok(self.connection.execute(sql, params).await?)
    }

    async fn query(&self, sql: &str, params: Vec<ParameterValue>) -> Result<Vec<Row>, Error> {
        let mut answer = self.connection.query(sql, params).await?;
        let mut rows = Vec::new();
        loop {
            let buffer: Vec<Vec<DbValue>> = Vec::with_capacity(ROWS_PER_READ);
            let (status, batch) = answer.rows().read(buffer).await;
            rows.extend(batch.into_iter().map(Row::new));
            if !matches!(status, StreamResult::Complete(_)) {
                break;
            }
        }
        answer.result().await?;
        Ok(rows)
    }
}

/// How far a [`Scope`]'s transaction has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No transaction spans statements.
    Each,
    Unopened,
    Open,
    Closed,
}

/// Where statements run: see [`Db::each`] and [`Db::transaction`].
pub struct Scope<'a> {
    db: &'a Db,
    user: Option<Uuid>,
    state: Cell<State>,
    held: Cell<bool>,
    /// What the transaction claims with its first statement.
    claim: Option<Claim<'a>>,
    /// A unique constraint refused the claim, or what went out with it.
    conflict: Cell<bool>,
}

impl<'a> Scope<'a> {
    fn new(db: &'a Db, user: Option<Uuid>, state: State) -> Self {
        Self {
            db,
            user,
            state: Cell::new(state),
            held: Cell::new(false),
            claim: None,
            conflict: Cell::new(false),
        }
    }

    /// The person whose rows the statements may touch.
    pub fn user(&self) -> Option<Uuid> {
        self.user
    }

    /// While held, the statements that say they are the last don't commit:
    /// somebody further out has one more.
    pub fn hold(&self, held: bool) {
        self.held.set(held);
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    ///
    /// What the database says. A failed statement fails its transaction.
    pub async fn rows(&self, sql: &str, params: Vec<ParameterValue>) -> Result<Vec<Row>, Error> {
        self.run(self.db.query(sql, params), false).await
    }

    /// Like [`Scope::rows`], for a statement that returns at most one row.
    ///
    /// # Errors
    ///
    /// What the database says. A failed statement fails its transaction.
    pub async fn row(&self, sql: &str, params: Vec<ParameterValue>) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// Runs a statement and returns how many rows it touched.
    ///
    /// # Errors
    ///
    /// What the database says. A failed statement fails its transaction.
    pub async fn execute(&self, sql: &str, params: Vec<ParameterValue>) -> Result<u64, Error> {
        self.run(self.db.execute(sql, params), false).await
    }

    /// Like [`Scope::execute`], with COMMIT right behind it. No statement of
    /// this transaction may follow.
    ///
    /// # Errors
    ///
    /// What the database says, about the statement or the commit.
    pub async fn execute_last(
        &self,
        sql: &str,
        mut params: Vec<ParameterValue>,
    ) -> Result<u64, Error> {
        if self.state.get() == State::Unopened
            && !self.held.get()
            && let Some(claim) = self.claim
            && let Some(sql) = claim.before(sql, &mut params)
        {
            self.state.set(State::Closed);
            return self.note(self.db.execute(&sql, params).await);
        }
        self.run(self.db.execute(sql, params), true).await
    }

    /// Starts `statement` behind what opens its transaction and before what
    /// closes it. All of them start at once: the host keeps the order and sends
    /// them together. That is safe because PostgreSQL refuses everything after
    /// a failure until the transaction ends, and turns its COMMIT into ROLLBACK;
    /// and because without the user no policy lets a row through.
    async fn run<T>(
        &self,
        statement: impl Future<Output = Result<T, Error>>,
        last: bool,
    ) -> Result<T, Error> {
        let state = self.state.get();
        // A lone statement is a transaction already, unless the user has to be
        // set in it.
        let each = state == State::Each && self.user.is_some();
        let opens = each || state == State::Unopened;
        let closes = each || (last && !self.held.get() && state != State::Each);
        if state != State::Each {
            self.state
                .set(if closes { State::Closed } else { State::Open });
        }
        let opening = async { if opens { self.open().await } else { Ok(()) } };
        let closing = async {
            if closes {
                self.db.execute("COMMIT", Vec::new()).await
            } else {
                Ok(0)
            }
        };
        let (opened, result, closed) = join3(opening, statement, closing).await;
        opened?;
        let value = result?;
        closed?;
        Ok(value)
    }

    /// Ends a transaction that is open, by how its work ended.
    async fn end<T, E: From<Error>>(&self, result: Result<T, E>) -> Result<T, E> {
        match (&result, self.state.get()) {
            (Ok(_), State::Open) => {
                self.db.execute("COMMIT", Vec::new()).await?;
            }
            (Err(_), State::Open) => {
                // The first failure is the one to tell; what it leaves open the
                // host rolls back too.
                _ = self.db.execute("ROLLBACK", Vec::new()).await;
            }
            _ => {}
        }
        result
    }

    /// BEGIN; the user for this transaction alone; and the claim.
    async fn open(&self) -> Result<(), Error> {
        let begin = self.db.execute("BEGIN", Vec::new());
        let name = async {
            match self.user {
                Some(user) => {
                    let params = vec![params::text(user.to_string())];
                    self.db.execute(SET_USER, params).await
                }
                None => Ok(0),
            }
        };
        let claim = async {
            match self.claim {
                Some(claim) => self.insert_claim(claim).await,
                None => Ok(0),
            }
        };
        let (begun, named, claimed) = join3(begin, name, claim).await;
        begun?;
        named?;
        claimed?;
        Ok(())
    }

    async fn insert_claim(&self, claim: Claim<'_>) -> Result<u64, Error> {
        self.note(self.db.execute(&Claim::insert(0), claim.params()).await)
    }

    /// Remembers a conflict.
    fn note<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Conflict { .. }) = result {
            self.conflict.set(true);
        }
        result
    }
}

/// Both last as long as the transaction. Every statement here is about one person,
/// so that one plan fits all of them; left to itself, PostgreSQL plans a list anew
/// each time, which costs more than running it.
const SET_USER: &str = "SELECT set_config('spindrift.user_id', $1, true), \
     set_config('plan_cache_mode', 'force_generic_plan', true)";
