//! The bodies of sign-up, login, refresh and logout.

use serde_json::Value;

use super::{NAME_MAX, normalise};
use crate::{FieldError, Fields, Invalid};

/// Lengths of a password, in characters. The upper bound only keeps a hash from
/// being fed megabytes.
const PASSWORD: std::ops::RangeInclusive<usize> = 10..=128;

/// How a session's tokens travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// In two cookies that scripts can't read.
    #[default]
    Cookie,
    /// In the body.
    Token,
}

/// A new account.
#[derive(Clone, PartialEq, Eq)]
pub struct SignUp {
    /// Normalised.
    pub email: String,
    /// As it was typed.
    pub password: String,
    /// What to call the person.
    pub name: String,
    /// How the tokens shall travel.
    pub transport: Transport,
}

/// Somebody who says that they have an account.
#[derive(Clone, PartialEq, Eq)]
pub struct LogIn {
    /// Normalised where it is an address at all; otherwise as it was typed, which
    /// is nobody's.
    pub email: String,
    /// As it was typed.
    pub password: String,
    /// How the tokens shall travel.
    pub transport: Transport,
}

impl SignUp {
    /// Reads the body of a sign-up. Without a name, the person is called by what
    /// stands before the `@`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn of(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let email = required(&mut fields, "email").and_then(|text| match normalise(&text) {
            Some(email) => Some(email),
            None => fields.reject(FieldError::of(
                "email",
                "has to be an e-mail address of at most 254 characters",
            )),
        });
        let password = required(&mut fields, "password").and_then(|password| {
            if PASSWORD.contains(&password.chars().count()) {
                return Some(password);
            }
            let (least, most) = (PASSWORD.start(), PASSWORD.end());
            let detail = format!("has to have {least} to {most} characters");
            fields.reject(FieldError::of("password", detail))
        });
        let name = fields
            .text("name")
            .flatten()
            .and_then(|name| match name.trim() {
                name if (1..=NAME_MAX).contains(&name.chars().count()) => Some(name.to_owned()),
                _ => fields.reject(FieldError::of("name", NAME_TAKES)),
            });
        let transport = transport(&mut fields);
        fields.finish()?;
        // Both are there: a member that is missing made `finish` fail.
        let (email, password) = (email.unwrap_or_default(), password.unwrap_or_default());
        let name = name.unwrap_or_else(|| local_part(&email));
        Ok(Self {
            email,
            password,
            name,
            transport,
        })
    }
}

impl LogIn {
    /// Reads the body of a login. What no account could have is not an error
    /// here: like a wrong password, it fails to sign in.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn of(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let email = required(&mut fields, "email");
        let password = required(&mut fields, "password");
        let transport = transport(&mut fields);
        fields.finish()?;
        // Both are there: a member that is missing made `finish` fail.
        let (email, password) = (email.unwrap_or_default(), password.unwrap_or_default());
        Ok(Self {
            email: normalise(&email).unwrap_or(email),
            password,
            transport,
        })
    }
}

/// Reads the body of a refresh or a logout: the token, when it comes this way.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn refresh_token(body: Value) -> Result<Option<String>, Invalid> {
    let mut fields = Fields::of(body)?;
    let token = fields.text("refresh_token").flatten();
    fields.finish()?;
    Ok(token)
}

pub(super) const NAME_TAKES: &str = "has to have 1 to 100 characters";

/// A text that has to be there.
fn required(fields: &mut Fields, name: &str) -> Option<String> {
    match fields.take(name) {
        None | Some(Value::Null) => fields.reject(FieldError::of(name, "is required")),
        Some(Value::String(text)) if !text.contains('\0') => Some(text),
        Some(Value::String(_)) => fields.reject(FieldError::of(
            name,
            "must not contain the character U+0000",
        )),
        Some(_) => fields.reject(FieldError::of(name, "has to be a string")),
    }
}

fn transport(fields: &mut Fields) -> Transport {
    match fields.text("transport").flatten().as_deref() {
        None | Some("cookie") => Transport::Cookie,
        Some("token") => Transport::Token,
        Some(_) => fields
            .reject(FieldError::of("transport", "has to be `cookie` or `token`"))
            .unwrap_or_default(),
    }
}

fn local_part(email: &str) -> String {
    email
        .split('@')
        .next()
        .unwrap_or_default()
        .chars()
        .take(NAME_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(body: Value) -> Vec<String> {
        match SignUp::of(body) {
            Ok(_) => Vec::new(),
            Err(Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
        }
    }

    #[test]
    fn a_sign_up_needs_an_address_and_a_password_alone() {
        let new = SignUp::of(json!({"email": "Sailor@Example.com", "password": " ten chars "}));
        let new = new.ok().unwrap();
        assert_eq!(new.email, "sailor@example.com");
        assert_eq!(new.password, " ten chars ");
        assert_eq!(new.name, "sailor");
        assert_eq!(new.transport, Transport::Cookie);
    }

    #[test]
    fn every_mistake_in_a_sign_up_is_reported_at_once() {
        let body = json!({
            "email": "sailor", "password": "short", "name": "  ", "transport": "pigeon", "admin": true,
        });
        let mut wrong = pointers(body);
        wrong.sort();
        assert_eq!(
            wrong,
            ["/admin", "/email", "/name", "/password", "/transport"]
        );
        assert_eq!(pointers(json!({})), ["/email", "/password"]);
        assert_eq!(
            pointers(json!({"email": 1, "password": null})),
            ["/email", "/password"]
        );
    }

    #[test]
    fn a_password_has_10_to_128_characters_of_any_script() {
        let of = |password: String| pointers(json!({"email": "a@b.example", "password": password}));
        assert!(of("ü".repeat(10)).is_empty());
        assert!(of("x".repeat(128)).is_empty());
        assert_eq!(of("x".repeat(9)), ["/password"]);
        assert_eq!(of("x".repeat(129)), ["/password"]);
    }

    #[test]
    fn a_login_accepts_what_no_account_could_have() {
        let login = LogIn::of(json!({"email": "nobody", "password": "x", "transport": "token"}));
        let login = login.ok().unwrap();
        assert_eq!(
            (login.email.as_str(), login.transport),
            ("nobody", Transport::Token)
        );
        assert!(LogIn::of(json!({"email": "a@b.example"})).is_err());
    }

    #[test]
    fn a_refresh_token_is_optional_in_the_body() {
        assert_eq!(refresh_token(json!({})), Ok(None));
        assert_eq!(
            refresh_token(json!({"refresh_token": "x"})),
            Ok(Some("x".into()))
        );
        assert!(refresh_token(json!({"refresh_token": 1})).is_err());
        assert!(refresh_token(json!({"token": "x"})).is_err());
    }
}
