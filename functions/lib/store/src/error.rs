//! What can go wrong between a function and its database.

use spin_sdk::pg::{DbError, Error as SpinError, PgError, QueryError};

/// A failed statement or connection, sorted by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, no room in the pool, or a statement that was cut off.
    /// Trying again later may work.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A unique constraint refused the row (SQLSTATE 23505).
    #[error("a row with this value exists already (constraint {constraint})")]
    Conflict {
        /// The constraint's name, empty when the server did not tell.
        constraint: String,
    },
    /// A foreign key names a row that does not exist (SQLSTATE 23503).
    #[error("the row that constraint {constraint} refers to does not exist")]
    MissingReference {
        /// The constraint's name, empty when the server did not tell.
        constraint: String,
    },
    /// The value itself can't be kept: a data exception (SQLSTATE class 22) or a
    /// CHECK constraint (23514). Sending it again will not help.
    #[error("the database does not take the value: {0}")]
    Refused(String),
    /// Anything else: a mistake in a statement, a missing right, an unexpected
    /// value. For the log, not for the caller.
    #[error("the database answered in an unexpected way: {0}")]
    Internal(String),
}

impl From<SpinError> for Error {
    fn from(error: SpinError) -> Self {
        match error {
            SpinError::Decode(message) => Self::Internal(message),
            SpinError::PgError(error) => error.into(),
        }
    }
}

impl From<PgError> for Error {
    fn from(error: PgError) -> Self {
        match error {
            PgError::ConnectionFailed(message) => Self::Unavailable(message),
            PgError::QueryFailed(QueryError::DbError(error)) => from_server(&error),
            // Without the server's own words the link broke in the middle.
            PgError::QueryFailed(QueryError::Text(message)) => Self::Unavailable(message),
            PgError::BadParameter(message)
            | PgError::ValueConversionFailed(message)
            | PgError::Other(message) => Self::Internal(message),
        }
    }
}

/// Sorts by SQLSTATE (PostgreSQL manual, appendix A).
fn from_server(error: &DbError) -> Error {
    let constraint = || constraint(error);
    let text = || format!("{} (SQLSTATE {})", error.message, error.code);
    match error.code.as_str() {
        "23505" => Error::Conflict {
            constraint: constraint(),
        },
        "23503" => Error::MissingReference {
            constraint: constraint(),
        },
        code if code == "23514" || code.starts_with("22") => Error::Refused(text()),
        // Lost a race that another try wins, waited too long, or was stopped.
        "40001" | "40P01" | "55P03" | "57014" => Error::Unavailable(text()),
        code if ["08", "53", "57P", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            Error::Unavailable(text())
        }
        _ => Error::Internal(text()),
    }
}

/// The constraint's name: from the server's field, else from its sentence, where
/// it stands between quotation marks at the end.
fn constraint(error: &DbError) -> String {
    error
        .extras
        .iter()
        .find(|(name, _)| name == "constraint")
        .map(|(_, value)| value.clone())
        .or_else(|| error.message.rsplit('"').nth(1).map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> Error {
        let message = r#"duplicate key value violates unique constraint "users_email_key""#;
        PgError::QueryFailed(QueryError::DbError(DbError {
            as_text: String::new(),
            severity: "ERROR".into(),
            code: code.into(),
            message: message.into(),
            detail: None,
            extras: Vec::new(),
        }))
        .into()
    }

    #[test]
    fn a_unique_violation_names_its_constraint() {
        let Error::Conflict { constraint } = refused("23505") else {
            panic!("not a conflict");
        };
        assert_eq!(constraint, "users_email_key");
    }

    #[test]
    fn a_server_that_shuts_down_is_unavailable() {
        for code in ["57P01", "57P03", "08006", "53300", "57014", "40001"] {
            assert!(matches!(refused(code), Error::Unavailable(_)), "{code}");
        }
    }

    #[test]
    fn a_value_that_can_t_be_kept_is_refused() {
        for code in ["22P05", "22021", "22008", "23514"] {
            assert!(matches!(refused(code), Error::Refused(_)), "{code}");
        }
    }

    #[test]
    fn a_missing_right_is_our_own_mistake() {
        assert!(matches!(refused("42501"), Error::Internal(_)));
    }
}
