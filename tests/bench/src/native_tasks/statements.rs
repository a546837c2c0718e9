//! The statements to send: those that the component `tasks` sends, as the
//! benchmark saw them arrive at the database.

use std::fs;

use anyhow::{Context, Result, bail};

/// One text for each statement.
pub(crate) struct Statements {
    /// Opens a transaction.
    pub(crate) begin: String,
    /// Names the user for the transaction alone, for row-level security.
    pub(crate) set_user: String,
    /// A page of a person's tasks, newest first, and how many there are.
    pub(crate) list: String,
    /// Writes a task and the events that tell of it.
    pub(crate) create: String,
    /// Closes the transaction.
    pub(crate) commit: String,
}

impl Statements {
    /// Reads a file with a statement on each line: those of a list, then those of
    /// a task's creation.
    pub(crate) fn read(path: &str) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        let lines: Vec<&str> = text.lines().collect();
        let [
            begin,
            set_user,
            list,
            commit,
            begin_2,
            set_user_2,
            create,
            commit_2,
        ] = lines[..]
        else {
            bail!(
                "{path} has {} statements: this server knows what to do with eight",
                lines.len()
            );
        };
        if (begin, set_user, commit) != (begin_2, set_user_2, commit_2) {
            bail!("{path} has two kinds of transaction: this server knows one");
        }
        Ok(Self {
            begin: begin.to_owned(),
            set_user: set_user.to_owned(),
            list: list.to_owned(),
            create: create.to_owned(),
            commit: commit.to_owned(),
        })
    }
}
