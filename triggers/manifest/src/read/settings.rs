//! `tool.spindrift`: the tables that are Spindrift's own. Tables of other tools
//! are theirs, and not looked at.

use std::collections::BTreeMap;

use super::choice::choice;
use super::services::service as read_service;
use super::{Place, check_variable, limits};
use crate::app::{AddedHeaders, ComponentSettings, DatabaseSettings, Settings, Variable};
use crate::document::Data;
use crate::fields::{Field, Fields};
use crate::names::is_dns_label;
use crate::services::ServiceSettings;

const ADDED_HEADERS: [(&str, AddedHeaders); 2] =
    [("named", AddedHeaders::Named), ("all", AddedHeaders::All)];

/// `[application.tool.spindrift]`, from `[application.tool]`.
pub(super) fn of_application(
    tool: &Field<'_>,
    variables: &BTreeMap<String, Variable>,
    place: &Place<'_>,
) -> Option<Settings> {
    let mut fields = spindrift(tool)?;
    let database = fields
        .take("database")
        .and_then(|field| database(&field, variables, place));
    let generated = fields
        .take("generated")
        .map(|field| generated(&field, variables));
    let services = fields.take("services").map(|field| services(&field));
    fields.finish();
    Some(Settings {
        database,
        generated: generated.unwrap_or_default(),
        services: services.unwrap_or_default(),
    })
}

/// `[component.<id>.tool.spindrift]`, from `[component.<id>.tool]`.
pub(super) fn of_component(tool: &Field<'_>) -> Option<ComponentSettings> {
    let mut fields = spindrift(tool)?;
    let limits = fields.take("limits").and_then(|field| limits::read(&field));
    let added_headers = fields
        .take("added_headers")
        .and_then(|field| choice(&field, &ADDED_HEADERS));
    let placed = fields.take("service");
    let service = placed.as_ref().and_then(service_name);
    let own = read_service(&mut fields);
    if service.is_some() && own != ServiceSettings::default() {
        tool.error(
            "has `scale`, `resources` or `smoke` beside `service`: they belong to the service, so \
             move them to `[application.tool.spindrift.services.NAME]`",
        );
    }
    fields.finish();
    Some(ComponentSettings {
        limits: limits.unwrap_or_default(),
        added_headers: added_headers.unwrap_or_default(),
        service,
        own,
    })
}

fn spindrift<'d>(tool: &Field<'d>) -> Option<Fields<'d>> {
    tool.entries()
        .into_iter()
        .find(|(name, _)| *name == "spindrift")?
        .1
        .fields()
}

fn services(field: &Field<'_>) -> BTreeMap<String, ServiceSettings> {
    let mut services = BTreeMap::new();
    for (name, field) in field.entries() {
        check_service_name(&field, name);
        if let Some(mut fields) = field.fields() {
            services.insert(name.to_owned(), read_service(&mut fields));
            fields.finish();
        }
    }
    services
}

fn service_name(field: &Field<'_>) -> Option<String> {
    let name = field.some_text()?;
    check_service_name(field, name);
    Some(name.to_owned())
}

/// Services are named as Kubernetes names them, with some room for what comes
/// before and behind.
fn check_service_name(field: &Field<'_>, name: &str) {
    if name.len() > 30 || !is_dns_label(name) {
        field.error(
            "must be at most 30 lower-case letters, digits and `-`, beginning with a letter: \
             write `api`, say",
        );
    }
}

fn generated(field: &Field<'_>, variables: &BTreeMap<String, Variable>) -> BTreeMap<String, usize> {
    let mut generated = BTreeMap::new();
    for (name, field) in field.entries() {
        check_variable(&field, name, variables);
        match field.node.data {
            Data::Integer(bytes @ 16..=1024) => {
                generated.insert(name.to_owned(), bytes.unsigned_abs() as usize);
            }
            _ => field.error("must be a number of random bytes from 16 to 1024: write `32`"),
        }
    }
    generated
}

fn database(
    field: &Field<'_>,
    variables: &BTreeMap<String, Variable>,
    place: &Place<'_>,
) -> Option<DatabaseSettings> {
    let mut fields = field.fields()?;
    let remedy = "add the folder of the SQL files, `migrations = \"migrations\"`";
    let migrations = fields.require("migrations", remedy).and_then(|field| {
        let text = field.some_text()?;
        let path = place.root.join(text);
        if !path.is_dir() {
            field.error(format!(
                "no such folder `{text}`: make it, or correct the path"
            ));
        }
        Some(path)
    });
    let mut variable = |key| {
        let field = fields.take(key)?;
        let name = field.some_text()?;
        check_variable(&field, name, variables);
        Some(name.to_owned())
    };
    let host_variable = variable("host_variable");
    let outbox_variable = variable("outbox_variable");
    let mut roles = BTreeMap::new();
    for (name, field) in fields
        .take("roles")
        .map(|field| field.entries())
        .unwrap_or_default()
    {
        check_variable(&field, name, variables);
        if let Some(role) = field.text() {
            check_role(&field, role);
            roles.insert(name.to_owned(), role.to_owned());
        }
    }
    fields.finish();
    Some(DatabaseSettings {
        migrations: migrations?,
        host_variable,
        outbox_variable,
        roles,
    })
}

/// Roles are limited to what PostgreSQL takes without quotes: people type them.
fn check_role(field: &Field<'_>, role: &str) {
    let begins = role
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !begins || role.len() > 63 || !role.bytes().all(fits) {
        field.error(
            "must be at most 63 lower-case letters, digits and `_`, not beginning with a digit: \
             write `my_app`, say",
        );
    } else if role.starts_with("pg_") || role == "postgres" {
        field.error("is a name that PostgreSQL keeps for itself: choose another");
    }
}
