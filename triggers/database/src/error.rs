//! What can go wrong, in words that lead out of it.

use std::io;
use std::path::{Path, PathBuf};

/// Everything that can fail in this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder with `postgres` and `initdb` in it.
    #[error(
        "no PostgreSQL server was found (looked in {looked}).\n\
         Install one: `make setup`, or `apt-get install postgresql` on Debian and Ubuntu, or \
         `brew install postgresql` on macOS. If it is installed elsewhere, set \
         SPINDRIFT_POSTGRES_BIN to the folder that holds `postgres` and `initdb`. \
         Or set DATABASE_URL to use a server that runs already."
    )]
    NoBinaries {
        /// The folders, comma-separated.
        looked: String,
    },
    /// `SPINDRIFT_POSTGRES_BIN` leads nowhere.
    #[error(
        "SPINDRIFT_POSTGRES_BIN is {folder}, but that folder does not hold a PostgreSQL \
         {minimum} or newer (`postgres` and `initdb`). Correct it, or unset it to search the usual places."
    )]
    BadBinaries {
        /// The variable's value.
        folder: PathBuf,
        /// The oldest major version that will do.
        minimum: u32,
    },
    /// No folder with `pg_dump` and `pg_restore` in it.
    #[error(
        "neither pg_dump nor pg_restore was found. Install them: `apt-get install postgresql-client` on Debian and \
         Ubuntu, or `brew install libpq` on macOS. If they are installed elsewhere, set SPINDRIFT_POSTGRES_BIN to \
         the folder that holds them."
    )]
    NoClients,
    /// The data folder was made by a major version that is not installed.
    #[error(
        "the database in {data} was made by PostgreSQL {made_by}, and PostgreSQL {installed} is what \
         is installed; one major version cannot open the files of another. Either\n  \
         - install PostgreSQL {made_by} beside it (`apt-get install postgresql-{made_by}`) and go on, or\n  \
         - to move to {installed}: with {made_by} installed run `spindrift backup before.dump`, move the folder \
         {state} away, and run `spindrift restore before.dump`."
    )]
    MajorVersion {
        /// The data folder.
        data: PathBuf,
        /// The state folder.
        state: PathBuf,
        /// The major version in `PG_VERSION`.
        made_by: u32,
        /// The newest major version found.
        installed: u32,
    },
    /// Another process has the state folder.
    #[error(
        "the state folder {folder} is in use by another spindrift{}{}. Stop that one, or give this \
         one a folder of its own with `--state-dir DIR`.",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        url.as_ref().map(|url| format!(", which serves {url}")).unwrap_or_default(),
    )]
    Locked {
        /// The state folder.
        folder: PathBuf,
        /// The other process.
        pid: Option<u32>,
        /// Where it serves, once it does.
        url: Option<String>,
    },
    /// A file or folder could not be read, made or changed.
    #[error("cannot {action} {path}: {cause}{}", file_hint(cause))]
    File {
        /// A verb: "read", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The state folder cannot be used as it is.
    #[error("{0}")]
    State(String),
    /// Running as root, with no other user to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and there is no user to run it as: neither SUDO_USER nor \
         the users `postgres` and `nobody` exist. Run spindrift as an ordinary user, or add one: `useradd --system postgres`."
    )]
    NoAccount,
    /// A program could not be run at all.
    #[error("cannot run {program}: {cause}")]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A program ran and failed.
    #[error("{program} failed ({status}):\n{output}")]
    Program {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        output: String,
    },
    /// The private server did not come up, or went away.
    #[error("PostgreSQL {what}. The end of its log, {log}:\n{tail}")]
    Server {
        /// What it did or did not do.
        what: String,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// A database URL that cannot be understood. The text never holds the URL: it has a password in it.
    #[error(
        "the database URL is not usable: {reason}. Its form is postgres://user:password@host:5432/database?sslmode=require"
    )]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// The certificates to trust could not be had.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// No connection, or no session on it.
    #[error(
        "cannot connect to PostgreSQL at {address} as {user}: {reason}{}",
        connect_hint(reason)
    )]
    Connect {
        /// `host:port`.
        address: String,
        /// The role.
        user: String,
        /// What driver or server said.
        reason: String,
        /// The server's code, when it was the server that refused.
        code: Option<tokio_postgres::error::SqlState>,
        /// Whether nobody answered, or no longer.
        unanswered: bool,
    },
    /// A statement of ours failed.
    #[error("cannot {action}: {reason}")]
    Sql {
        /// A verb and its object.
        action: String,
        /// What the server said.
        reason: String,
        /// The server's code.
        code: Option<tokio_postgres::error::SqlState>,
    },
    /// The roles cannot be made with the rights at hand.
    #[error(
        "the database role(s) {missing} cannot be set up: {reason}. Let an administrator of the server run:\n{sql}\n\
         Or give each of the variables {variables} a URL with a login of its own."
    )]
    Roles {
        /// Comma-separated.
        missing: String,
        /// What the server said.
        reason: String,
        /// Statements to run.
        sql: String,
        /// The variables' names in the environment, as a hint.
        variables: String,
    },
    /// The folder of migrations is not in order.
    #[error("{0}")]
    MigrationFiles(String),
    /// A migration failed.
    #[error("the migration {place} failed: {reason}")]
    Migration {
        /// `file`, `file:line` or `file:line:column`.
        place: String,
        /// What the server said.
        reason: String,
    },
    /// A backup that cannot be made or used.
    #[error("{0}")]
    Backup(String),
}

impl Error {
    /// Whether there is no server that takes connections, which may pass: nobody answers
    /// at its address, or it is just starting or stopping.
    pub fn is_away(&self) -> bool {
        use tokio_postgres::error::SqlState;
        let passing = [
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::TOO_MANY_CONNECTIONS,
        ];
        match self {
            Self::Connect {
                code, unanswered, ..
            } => *unanswered || code.as_ref().is_some_and(|code| passing.contains(code)),
            _ => false,
        }
    }

    /// Makes an [`Error::File`] of what the system said; for `map_err`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File {
            action,
            path,
            cause,
        }
    }

    /// Makes an [`Error::Sql`]; for `map_err`.
    pub(crate) fn sql(action: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let action = action.into();
        move |cause| Self::Sql {
            action,
            reason: describe(&cause),
            code: cause.code().cloned(),
        }
    }
}

/// What driver or server said, in a few words and without any value: fit for logs.
pub fn summary(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => format!("{} (SQLSTATE {})", server.message(), server.code().code()),
        None => error.to_string(),
    }
}

/// Whether the driver found nobody, or lost who was there. What is wrong with a
/// certificate or with what it was told does not pass by itself.
pub(crate) fn is_unanswered(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error);
    let cause = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
    error.is_closed() || cause.is_some_and(|cause| cause.kind() != io::ErrorKind::InvalidData)
}

/// What driver or server said, with detail and hint, in one line.
pub(crate) fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        let mut text = format!("{} (SQLSTATE {})", db.message(), db.code().code());
        for (label, part) in [
            ("detail", db.detail()),
            ("hint", db.hint()),
            ("where", db.where_()),
        ] {
            if let Some(part) = part {
                text.push_str(&format!("; {label}: {}", part.replace('\n', " ")));
            }
        }
        return text;
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(&format!(": {cause_text}"));
        }
        source = cause.source();
    }
    text
}

fn file_hint(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            ". It belongs to another user, most likely because spindrift once ran here as root or with sudo: run it \
             that way again, or make the whole state folder yours with `sudo chown -R \"$USER\" DIR`"
        }
        io::ErrorKind::StorageFull => ". The disk is full",
        _ => "",
    }
}

fn connect_hint(reason: &str) -> &'static str {
    if reason.contains("invalid peer certificate") {
        ". The server's certificate is signed by nobody this machine trusts: give the signer's certificate \
         (a PEM file, from the database's provider) in PGSSLROOTCERT, or as `sslrootcert=FILE` in the URL"
    } else if reason.contains("onnection refused") {
        ". Nothing listens there: is the server running, and are host and port right?"
    } else {
        ""
    }
}
