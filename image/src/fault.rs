//! What a registry's answers mean.

use oci_client::Reference;
use oci_client::errors::{OciDistributionError as Fault, OciErrorCode};

use crate::credentials::Credentials;
use crate::error::Error;

/// Whether the same may go well a moment later.
pub(crate) fn is_passing(fault: &Fault) -> bool {
    match status(fault) {
        Some(status) => status == 429 || status >= 500,
        None => matches!(fault, Fault::RequestError(_)),
    }
}

/// The error that tells what to do about a fault. `what` was sent.
pub(crate) fn explain(
    fault: &Fault,
    reference: &Reference,
    credentials: &Credentials,
    what: &str,
) -> Error {
    let registry = reference.registry().to_owned();
    if is_unauthorized(fault) {
        return Error::Unauthorized {
            registry,
            repository: reference.repository().to_owned(),
            credentials: credentials.origin.clone(),
        };
    }
    match fault {
        Fault::RequestError(cause) if cause.status().is_none() => Error::Unreachable {
            registry,
            why: causes(cause),
        },
        _ => Error::Refused {
            registry,
            what: what.to_owned(),
            why: said(fault),
        },
    }
}

fn is_unauthorized(fault: &Fault) -> bool {
    let code =
        |code: &OciErrorCode| matches!(code, OciErrorCode::Unauthorized | OciErrorCode::Denied);
    match fault {
        Fault::UnauthorizedError { .. } | Fault::AuthenticationFailure(_) => true,
        Fault::RegistryError { envelope, .. } => envelope.errors.iter().any(|e| code(&e.code)),
        _ => matches!(status(fault), Some(401 | 403)),
    }
}

fn status(fault: &Fault) -> Option<u16> {
    match fault {
        Fault::ServerError { code, .. } => Some(*code),
        Fault::RequestError(cause) => cause.status().map(|status| status.as_u16()),
        Fault::RegistryError { envelope, .. } => envelope
            .errors
            .iter()
            .any(|e| matches!(e.code, OciErrorCode::Toomanyrequests))
            .then_some(429),
        _ => None,
    }
}

/// The registry's own words.
fn said(fault: &Fault) -> String {
    match fault {
        Fault::RegistryError { envelope, .. } => {
            let errors = envelope.errors.iter();
            let errors: Vec<_> = errors
                .map(|e| format!("{:?}: {}", e.code, e.message))
                .collect();
            errors.join("; ")
        }
        Fault::ServerError { code, message, .. } => format!("status {code}: {}", message.trim()),
        other => other.to_string(),
    }
}

/// An error and what caused it. The URL stays out: it may hold an upload's token.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = vec![];
    let mut cause = error.source();
    while let Some(error) = cause {
        said.push(error.to_string());
        cause = error.source();
    }
    match said.is_empty() {
        true => "no answer".to_owned(),
        false => said.join(": "),
    }
}
