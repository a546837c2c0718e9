//! `[application.trigger.redis]`, and what its triggers say themselves.

use std::collections::BTreeMap;

use super::template;
use crate::app::Variable;
use crate::fields::Field;
use crate::template::Template;

/// The address that triggers without one of their own have.
pub(super) fn read(field: &Field<'_>, variables: &BTreeMap<String, Variable>) -> Option<Template> {
    let mut fields = field.fields()?;
    let address = fields
        .take("address")
        .and_then(|field| address(&field, variables));
    fields.finish();
    address
}

pub(super) fn address(
    field: &Field<'_>,
    variables: &BTreeMap<String, Variable>,
) -> Option<Template> {
    checked(field, variables, check_address)
}

pub(super) fn channel(
    field: &Field<'_>,
    variables: &BTreeMap<String, Variable>,
) -> Option<Template> {
    checked(field, variables, check_channel)
}

fn checked(
    field: &Field<'_>,
    variables: &BTreeMap<String, Variable>,
    check: fn(&str) -> Result<(), String>,
) -> Option<Template> {
    let template = template(field, variables)?;
    if template.is_literal()
        && let Err(message) = check(template.as_str())
    {
        field.error(message);
    }
    Some(template)
}

/// Whether an address names a server. The message leaves the address out: a password
/// may be in it.
pub(crate) fn check_address(text: &str) -> Result<(), String> {
    let rest = text
        .strip_prefix("redis://")
        .or_else(|| text.strip_prefix("rediss://"));
    let has_host = rest.is_some_and(|rest| {
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        !host.is_empty() && !host.starts_with(['/', ':', '?', '#'])
    });
    if has_host {
        Ok(())
    } else {
        Err(
            "must be `redis://host:port`, or `rediss://` for TLS: write `redis://localhost:6379`, say"
                .to_owned(),
        )
    }
}

pub(crate) fn check_channel(text: &str) -> Result<(), String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        Err(
            "must be the name of a channel, without control characters: write `orders`, say"
                .to_owned(),
        )
    } else {
        Ok(())
    }
}
