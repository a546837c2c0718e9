//! No secret is in any file: only the names of variables and of Secrets are.

use serde_json::Value;

use crate::source::Document;

/// Ends of keys whose values would be secrets.
const SUSPECTS: [&str; 9] = [
    "password",
    "token",
    "secret",
    "apikey",
    "accesskeyid",
    "secretaccesskey",
    "connectionstring",
    "routingkey",
    "credentials",
];

pub(crate) fn mistakes(documents: &[Document]) -> Vec<String> {
    let mut found = Vec::new();
    for document in documents {
        if document.value["kind"] == "Secret" {
            found.push(format!("{}: has a Secret", document.path));
        }
        look(&document.value, &document.path, &mut found);
    }
    found
}

fn look(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(all) => {
            // Dapr's way to write a pair.
            let named = all
                .get("name")
                .and_then(Value::as_str)
                .zip(all.get("value"));
            for (key, value) in all
                .iter()
                .map(|(key, value)| (key.as_str(), value))
                .chain(named)
            {
                let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
                // The name of a Secret that is there is none.
                let suspect = !plain.starts_with("existing")
                    && SUSPECTS
                        .iter()
                        .any(|end| plain.to_lowercase().ends_with(end));
                if suspect && value.as_str().is_some_and(|text| !text.is_empty()) {
                    found.push(format!("{place}: {key} is written out"));
                }
                look(value, place, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|one| look(one, place, found)),
        Value::String(text) if is_secret(text) => found.push(format!("{place}: holds a secret")),
        _ => {}
    }
}

fn is_secret(text: &str) -> bool {
    text.contains("-----BEGIN") || text.contains("dop_v1_") || has_password(text)
}

/// Whether a URL has a password in it.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split('/').next().unwrap_or_default();
    authority
        .split_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
}
