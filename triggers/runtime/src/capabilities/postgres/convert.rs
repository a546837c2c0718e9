//! Errors of the driver, for guests and logs.

use std::error::Error as _;

use crate::bindings::spin::postgres4_2_0::postgres::{DbError, Error, QueryError};

/// A failed statement, as the guest is told.
pub(super) fn query_failed(error: &tokio_postgres::Error) -> Error {
    let Some(db) = error.as_db_error() else {
        return if error.is_closed() {
            Error::ConnectionFailed(describe(error))
        } else {
            Error::QueryFailed(QueryError::Text(describe(error)))
        };
    };
    let extras = [
        ("schema", db.schema()),
        ("table", db.table()),
        ("column", db.column()),
        ("constraint", db.constraint()),
        ("hint", db.hint()),
    ];
    Error::QueryFailed(QueryError::DbError(DbError {
        as_text: describe(error),
        severity: db.severity().to_owned(),
        code: db.code().code().to_owned(),
        message: db.message().to_owned(),
        detail: db.detail().map(ToOwned::to_owned),
        extras: extras
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect(),
    }))
}

/// An error with its causes, on one line. The driver's messages carry no
/// password and no parameter.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}
