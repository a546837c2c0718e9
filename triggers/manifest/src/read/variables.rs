//! `[variables]`.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::Variable;
use crate::diagnostics::Report;
use crate::fields::Field;
use crate::names::check_variable_name;

/// Reads all variables. One with a mistake is there nevertheless, so that its uses
/// are not called unknown.
pub(super) fn read(field: &Field<'_>) -> BTreeMap<String, Variable> {
    let entries = field.entries();
    entries
        .iter()
        .map(|(name, field)| ((*name).to_owned(), variable(name, field)))
        .collect()
}

fn variable(name: &str, field: &Field<'_>) -> Variable {
    let mut variable = Variable {
        line: field.line(),
        ..Variable::default()
    };
    if let Err(reason) = check_variable_name(name) {
        field.error(format!("malformed name: {reason}"));
    }
    let Some(mut fields) = field.fields() else {
        return variable;
    };
    let default = fields.take("default");
    let required = fields.take("required");
    let said = required.as_ref().and_then(Field::boolean);
    variable.required = said == Some(true);
    variable.default = default.as_ref().and_then(Field::text).map(str::to_owned);
    variable.secret = fields
        .take("secret")
        .and_then(|field| field.boolean())
        .unwrap_or(false);
    variable.description = fields.text_or_empty("description");
    fields.finish();
    if default.is_some() && variable.required {
        field.error("has a `default` and is `required`: remove one of the two");
    } else if default.is_none() && (required.is_none() || said == Some(false)) {
        field.error("has no value: give it a `default`, or write `required = true`");
    }
    variable
}

/// Reports every required variable that will have no value.
pub(crate) fn check_values<'a>(
    report: &Report,
    variables: impl IntoIterator<Item = (&'a String, &'a Variable)>,
    provided: &BTreeSet<String>,
) {
    for (name, variable) in variables {
        if variable.required && !provided.contains(name) {
            let message = format!(
                "required, and nobody gave it a value: add `--variable {name}=...`, or set \
                 `SPIN_VARIABLE_{}` in the environment",
                name.to_ascii_uppercase()
            );
            report.error_on_line(variable.line, format!("variables.{name}"), message);
        }
    }
}
