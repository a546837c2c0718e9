//! Why a statement, or a connection, came to nothing.

use mysql_async::{IoError, ServerError};

use crate::bindings::spin::mysql::mysql::Error;

/// Why a statement has no answer.
pub(super) struct Failure {
    /// As the guest is told.
    pub(super) error: Error,
    /// The SQLSTATE, where it is the server that says so.
    pub(super) state: Option<String>,
    /// The connection is in the midst of something, or gone.
    pub(super) breaks: bool,
}

impl Failure {
    /// The connection goes on as if nothing had been asked.
    pub(super) fn harmless(error: Error) -> Self {
        Self {
            error,
            state: None,
            breaks: false,
        }
    }

    /// The connection is of no more use.
    pub(super) fn breaking(error: Error) -> Self {
        Self {
            breaks: true,
            ..Self::harmless(error)
        }
    }
}

impl From<mysql_async::Error> for Failure {
    fn from(error: mysql_async::Error) -> Self {
        match error {
            mysql_async::Error::Server(error) => Self {
                error: Error::QueryFailed(said(&error)),
                state: Some(error.state),
                breaks: false,
            },
            error => Self::breaking(Error::ConnectionFailed(describe(&error))),
        }
    }
}

/// An error of the driver's, in words. They carry no password and no parameter.
pub(super) fn describe(error: &mysql_async::Error) -> String {
    match error {
        mysql_async::Error::Server(error) => said(error),
        mysql_async::Error::Io(IoError::Io(error)) => error.to_string(),
        mysql_async::Error::Io(IoError::Tls(error)) => format!("TLS: {error}"),
        mysql_async::Error::Driver(error) => error.to_string(),
        // Of addresses, which were read before: it would repeat pieces of one.
        mysql_async::Error::Url(_) => "the address is not one of MySQL".to_owned(),
        mysql_async::Error::Other(error) => error.to_string(),
    }
}

fn said(error: &ServerError) -> String {
    let ServerError {
        code,
        state,
        message,
    } = error;
    format!("{message} (error {code}, SQLSTATE {state})")
}
