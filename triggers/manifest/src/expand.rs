//! Giving the variables their values.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::{App, Expanded};
use crate::diagnostics::{Diagnostics, Report};
use crate::hosts::AllowedHosts;
use crate::read::check_values;
use crate::template::{NoValue, Template};

impl App {
    /// Whether every required variable is among those that will have a value: the
    /// check that [`Checks::provided`](crate::Checks::provided) asks for, for
    /// when the names are known only after the manifest was read.
    ///
    /// # Errors
    ///
    /// One mistake for each required variable that is missing.
    pub fn check_variables(&self, provided: &BTreeSet<String>) -> Result<(), Diagnostics> {
        self.check(provided, |_| true)
    }

    /// The same of the variables that these components' templates name, for a process
    /// that runs no others.
    ///
    /// # Errors
    ///
    /// As [`Self::check_variables`].
    pub fn check_variables_of<'a>(
        &self,
        components: impl IntoIterator<Item = &'a str>,
        provided: &BTreeSet<String>,
    ) -> Result<(), Diagnostics> {
        let named = self.variables_of(components);
        self.check(provided, |name| named.contains(name))
    }

    fn check(
        &self,
        provided: &BTreeSet<String>,
        needed: impl Fn(&str) -> bool,
    ) -> Result<(), Diagnostics> {
        let report = Report::on("");
        let variables = self.variables.iter().filter(|(name, _)| needed(name));
        check_values(&report, variables, provided);
        report.finish(&self.manifest)
    }

    /// The variables that the templates of these components name. Ids that are no
    /// component's name none.
    pub fn variables_of<'a>(
        &self,
        components: impl IntoIterator<Item = &'a str>,
    ) -> BTreeSet<&str> {
        let components = components.into_iter();
        let components = components.filter_map(|id| self.components.get(id));
        let templates = components.flat_map(|component| {
            let variables = component.variables.values();
            variables.chain(&component.allowed_outbound_hosts)
        });
        templates.flat_map(Template::variables).collect()
    }

    /// Expands a component's templates. `values` go before the defaults; names in
    /// it that the application doesn't declare are ignored.
    ///
    /// # Errors
    ///
    /// A variable without a value, an outbound host that is malformed once
    /// expanded, or an id that is no component's. The messages show templates,
    /// never values.
    pub fn expand(
        &self,
        component_id: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<Expanded, Diagnostics> {
        let Some(component) = self.components.get(component_id) else {
            let message = format!("no component is called `{component_id}`");
            return Err(Diagnostics::of_file(&self.manifest, message));
        };
        let report = Report::on("");
        let values = self.with_defaults(values);
        let expand = |key: String, template: &Template| {
            template.expand(&values).map_err(|NoValue(name)| {
                let message = format!(
                    "variable `{name}` has no value: give it one with `--variable {name}=...`"
                );
                report.error_on_line(template.line(), key, message);
            })
        };
        let mut expanded = Expanded::default();
        for (name, template) in &component.variables {
            let key = format!("component.{component_id}.variables.{name}");
            if let Ok(value) = expand(key, template) {
                expanded.variables.insert(name.clone(), value);
            }
        }
        for (index, template) in component.allowed_outbound_hosts.iter().enumerate() {
            let key = format!("component.{component_id}.allowed_outbound_hosts[{index}]");
            let Ok(host) = expand(key.clone(), template) else {
                continue;
            };
            if let Err(error) = AllowedHosts::parse(&[&host]) {
                let message = format!(
                    "`{}` is malformed once expanded: {error}",
                    template.as_str()
                );
                report.error_on_line(template.line(), key, message);
            }
            expanded.allowed_outbound_hosts.push(host);
        }
        report.finish(&self.manifest)?;
        Ok(expanded)
    }

    /// The variables' values, those not given by their defaults.
    pub(crate) fn with_defaults(
        &self,
        values: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let value = |(name, variable): (&String, &crate::app::Variable)| {
            let value = values.get(name).or(variable.default.as_ref())?;
            Some((name.clone(), value.clone()))
        };
        self.variables.iter().filter_map(value).collect()
    }
}
