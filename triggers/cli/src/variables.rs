//! The values of an application's variables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use spindrift_manifest::App;

use crate::runtime_config::Provider;

/// `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Before the first `=`.
    pub(crate) name: String,
    /// After it.
    pub(crate) value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("expected NAME=VALUE".to_owned()),
        }
    }
}

/// One `--variable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VariableArg {
    /// `name=value`
    Value(Assignment),
    /// `name=@file`: the contents of a file.
    FromFile(String, PathBuf),
    /// `@file.json` or `@file.toml`: a table of values.
    Table(PathBuf),
}

impl FromStr for VariableArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(file) = text.strip_prefix('@') {
            return Ok(Self::Table(file.into()));
        }
        let assignment: Assignment = text
            .parse()
            .map_err(|_| "expected NAME=VALUE, NAME=@FILE or @FILE".to_owned())?;
        Ok(match assignment.value.strip_prefix('@') {
            Some(file) => Self::FromFile(assignment.name, file.into()),
            None => Self::Value(assignment),
        })
    }
}

/// The values that somebody gave, before what Spindrift supplies and the
/// manifest's defaults: `--variable`, then `SPIN_VARIABLE_<NAME>`.
pub(crate) fn given(app: &App, arguments: &[VariableArg]) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for name in app.variables.keys() {
        let variable = format!("SPIN_VARIABLE_{}", name.to_uppercase());
        if let Some(value) = std::env::var_os(&variable) {
            let value = value
                .into_string()
                .ok()
                .with_context(|| format!("{variable} is not UTF-8"))?;
            values.insert(name.clone(), value);
        }
    }
    for argument in arguments {
        match argument {
            VariableArg::Value(assignment) => {
                values.insert(assignment.name.clone(), assignment.value.clone());
            }
            VariableArg::FromFile(name, file) => {
                values.insert(name.clone(), read(file)?);
            }
            VariableArg::Table(file) => values.extend(table(file)?),
        }
    }
    check_known(app, &values)?;
    Ok(values)
}

/// The same with what the runtime configuration's providers have of the others: each is
/// asked, in their order, for what nobody before it had.
pub(crate) async fn provided(
    app: &App,
    providers: &[Provider],
    mut values: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    for provider in providers {
        let names = app.variables.keys();
        let missing: Vec<&str> = names
            .filter(|name| !values.contains_key(*name))
            .map(String::as_str)
            .collect();
        for (name, value) in provider.values(&missing).await? {
            values.entry(name).or_insert(value);
        }
    }
    check_known(app, &values)?;
    Ok(values)
}

/// Refuses values of variables that the application has not.
fn check_known(app: &App, values: &BTreeMap<String, String>) -> Result<()> {
    let unknown: BTreeSet<&str> = values
        .keys()
        .map(String::as_str)
        .filter(|name| !app.variables.contains_key(*name))
        .collect();
    if let Some(name) = unknown.first() {
        let known: Vec<&str> = app.variables.keys().map(String::as_str).collect();
        bail!(
            "there is no variable \"{name}\" in {}: it has {}",
            app.manifest.display(),
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        );
    }
    Ok(())
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| {
        format!(
            "cannot read the value of a variable from {}",
            file.display()
        )
    })
}

fn table(file: &Path) -> Result<BTreeMap<String, String>> {
    let text = read(file)?;
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("json") => json_table(&text),
        Some("toml") => toml_table(&text),
        _ => bail!("its name must end in .json or .toml"),
    }
    .with_context(|| format!("cannot read variables from {}", file.display()))
}

fn json_table(text: &str) -> Result<BTreeMap<String, String>> {
    use serde_json::Value;
    let Value::Object(table) = serde_json::from_str(text)? else {
        bail!("it is not a JSON object")
    };
    let entry = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(_) | Value::Bool(_) => Ok((name, value.to_string())),
        _ => bail!("\"{name}\" is neither text, number nor boolean"),
    };
    table.into_iter().map(entry).collect()
}

fn toml_table(text: &str) -> Result<BTreeMap<String, String>> {
    use toml_edit::Value;
    let table: toml_edit::DocumentMut = text.parse()?;
    let entry = |(name, item): (&str, &toml_edit::Item)| match item.as_value() {
        Some(Value::String(text)) => Ok((name.to_owned(), text.value().clone())),
        Some(Value::Integer(number)) => Ok((name.to_owned(), number.value().to_string())),
        Some(Value::Float(number)) => Ok((name.to_owned(), number.value().to_string())),
        Some(Value::Boolean(flag)) => Ok((name.to_owned(), flag.value().to_string())),
        _ => bail!("\"{name}\" is neither text, number nor boolean"),
    };
    table.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(variables: &[&str]) -> (tempfile::TempDir, App) {
        let folder = tempfile::tempdir().unwrap();
        let declared: String = variables
            .iter()
            .map(|name| format!("{name} = {{ required = true }}\n"))
            .collect();
        let text = format!(
            "spin_manifest_version = 2\n[application]\nname = \"x\"\n\
             [[trigger.http]]\nroute = \"/\"\nstatic_response = {{}}\n[variables]\n{declared}"
        );
        std::fs::write(folder.path().join("spin.toml"), text).unwrap();
        let app = spindrift_manifest::load(folder.path(), &spindrift_manifest::Checks::default())
            .unwrap();
        (folder, app)
    }

    #[test]
    fn values_come_from_arguments_files_and_tables_and_the_last_one_wins() {
        let (folder, app) = app(&["a", "b", "c", "d"]);
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let arguments = [
            "a=1=2".to_owned(),
            format!("b=@{}", write("b.txt", "from a file\n")),
            format!("@{}", write("t.json", r#"{"c": 3, "d": "x"}"#)),
            format!("@{}", write("t.toml", "d = true")),
        ];
        let arguments: Vec<VariableArg> =
            arguments.iter().map(|text| text.parse().unwrap()).collect();
        let values = given(&app, &arguments).unwrap();
        let expected = [
            ("a", "1=2"),
            ("b", "from a file\n"),
            ("c", "3"),
            ("d", "true"),
        ];
        assert_eq!(
            values,
            expected
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into()
        );
    }

    #[test]
    fn a_name_that_the_manifest_lacks_is_an_error_that_lists_what_it_has() {
        let (_folder, app) = app(&["greeting"]);
        let text = given(&app, &["greting=x".parse().unwrap()])
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("\"greting\"") && text.contains("it has greeting"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn providers_have_what_nobody_before_them_had() {
        let (_folder, app) = app(&["a", "b", "c"]);
        let table = |entries: &[(&str, &str)]| -> BTreeMap<String, String> {
            let entries = entries.iter();
            entries
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let providers = [
            Provider::Static(table(&[("a", "first"), ("b", "first")])),
            Provider::Static(table(&[("b", "second"), ("c", "second")])),
        ];
        let given = table(&[("a", "given")]);
        let values = provided(&app, &providers, given).await.unwrap();
        let expected = table(&[("a", "given"), ("b", "first"), ("c", "second")]);
        assert_eq!(values, expected);
        let stray = [Provider::Static(table(&[("d", "x")]))];
        let told = provided(&app, &stray, values).await.unwrap_err();
        assert!(told.to_string().contains("\"d\""), "{told}");
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        assert!("a".parse::<VariableArg>().is_err());
        assert!("=a".parse::<VariableArg>().is_err());
    }
}
