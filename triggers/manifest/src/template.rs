//! `{{ variable }}` templates.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::names::check_variable_name;

/// Text with `{{ variable }}` in it. Everything outside the double braces is
/// itself, a lone `}}` included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
    line: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` without `}}}}`: write `{{{{ name }}}}`")]
    Unclosed,
    /// What stands between the braces names no variable.
    #[error("`{{{{{name}}}}}` names no variable: {reason}")]
    BadName {
        /// What stands there.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A variable, by its name, that a template wants and that has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("variable `{0}` has no value")]
pub struct NoValue(pub String);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Braces that are not closed, or that hold something else than a variable's name.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, next) = after.split_once("}}").ok_or(TemplateError::Unclosed)?;
            let name = inside.trim();
            check_variable_name(name).map_err(|reason| TemplateError::BadName {
                name: inside.to_owned(),
                reason,
            })?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Variable(name.to_owned()));
            rest = next;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
            line: 0,
        })
    }

    /// The same template, found on `line` of a manifest.
    pub(crate) fn on_line(mut self, line: usize) -> Self {
        self.line = line;
        self
    }

    /// The line of the manifest that has it, from 1; 0 when it comes from elsewhere.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it says the same whatever the variables are.
    pub fn is_literal(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The variables that it names, in order, each as often as it is named.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with each variable replaced by its value. Values are not
    /// templates: braces in them stay as they are.
    ///
    /// # Errors
    ///
    /// [`NoValue`] names the first variable that is not in `values`.
    pub fn expand(&self, values: &BTreeMap<String, String>) -> Result<String, NoValue> {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(match part {
                Part::Text(text) => text,
                Part::Variable(name) => values.get(name).ok_or_else(|| NoValue(name.clone()))?,
            });
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_their_values_are_not_templates() {
        let values = BTreeMap::from([("a".to_owned(), "{{ b }}".to_owned())]);
        let template = Template::parse("x{{ a }}-{{a}}}}").unwrap();
        assert_eq!(template.expand(&values).unwrap(), "x{{ b }}-{{ b }}}}");
        assert_eq!(template.variables().collect::<Vec<_>>(), ["a", "a"]);
        assert!(!template.is_literal());
        assert!(Template::parse("no } braces }}").unwrap().is_literal());
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        let template = Template::parse("{{ gone }}").unwrap();
        let error = template.expand(&BTreeMap::new()).unwrap_err();
        assert_eq!(error, NoValue("gone".to_owned()));
    }

    #[test]
    fn malformed_templates_are_refused() {
        assert_eq!(Template::parse("a {{ b"), Err(TemplateError::Unclosed));
        for text in ["{{ }}", "{{ a b }}", "{{ A }}", "{{ {{ a }} }}"] {
            let error = Template::parse(text).unwrap_err();
            assert!(
                matches!(error, TemplateError::BadName { .. }),
                "{text}: {error}"
            );
        }
    }
}
