//! Reading the tree: typed access that reports what is wrong, where, and goes on.

use std::collections::BTreeMap;

use crate::diagnostics::Report;
use crate::document::{Data, Entry, Node};
use crate::suggest::did_you_mean;

/// A value that knows its key's path.
#[derive(Clone)]
pub struct Field<'d> {
    pub(crate) report: &'d Report,
    pub(crate) path: String,
    pub(crate) node: &'d Node,
    /// The byte at which its key begins, or itself where it has none.
    pub(crate) at: usize,
}

/// A table of which every key must be asked for.
pub struct Fields<'d> {
    pub(crate) report: &'d Report,
    pub(crate) path: String,
    pub(crate) at: usize,
    entries: &'d [Entry],
    /// The keys that were asked for, and of these the ones that do something.
    asked: Vec<&'static str>,
    known: Vec<&'static str>,
}

impl<'d> Field<'d> {
    /// The document itself.
    pub(crate) fn root(report: &'d Report, node: &'d Node) -> Self {
        Self {
            report,
            path: String::new(),
            node,
            at: node.at,
        }
    }

    /// Reports a mistake at its key.
    pub fn error(&self, message: impl Into<String>) {
        self.report.error(self.at, &self.path, message);
    }

    /// What it is.
    pub fn data(&self) -> &'d Data {
        &self.node.data
    }

    /// Its line, from 1.
    pub fn line(&self) -> usize {
        self.report.line(self.at)
    }

    fn mismatch(&self, wanted: &str) {
        let scalar = matches!(
            self.node.data,
            Data::Integer(_) | Data::Boolean(_) | Data::Other(_)
        );
        let hint = if scalar && wanted == "a string" {
            ": put it in quotes"
        } else {
            ""
        };
        self.error(format!(
            "expected {wanted}, found {}{hint}",
            self.node.kind()
        ));
    }

    /// Its text.
    pub fn text(&self) -> Option<&'d str> {
        match &self.node.data {
            Data::Text(text) => Some(text),
            _ => {
                self.mismatch("a string");
                None
            }
        }
    }

    /// Its text, which must not be blank.
    pub fn some_text(&self) -> Option<&'d str> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.error("must not be empty");
            return None;
        }
        Some(text)
    }

    /// Its truth value.
    pub fn boolean(&self) -> Option<bool> {
        match self.node.data {
            Data::Boolean(value) => Some(value),
            _ => {
                self.mismatch("`true` or `false`");
                None
            }
        }
    }

    /// Its elements, named `path[0]`, `path[1]` and so on.
    pub fn elements(&self) -> Vec<Field<'d>> {
        let Data::List(list) = &self.node.data else {
            self.mismatch("an array");
            return Vec::new();
        };
        let field = |(index, node): (usize, &'d Node)| Field {
            report: self.report,
            path: format!("{}[{index}]", self.path),
            node,
            at: node.at,
        };
        list.iter().enumerate().map(field).collect()
    }

    /// Its elements as texts, none of them blank.
    pub fn texts(&self) -> Vec<String> {
        let elements = self.elements();
        elements
            .iter()
            .filter_map(|one| one.some_text().map(str::to_owned))
            .collect()
    }

    /// Its entries, for a table whose keys the author makes up.
    pub fn entries(&self) -> Vec<(&'d str, Field<'d>)> {
        let Data::Table(entries) = &self.node.data else {
            self.mismatch("a table");
            return Vec::new();
        };
        let field = |entry: &'d Entry| {
            let path = join(&self.path, &entry.key);
            let (node, at) = (&entry.node, entry.at);
            (
                entry.key.as_str(),
                Field {
                    report: self.report,
                    path,
                    node,
                    at,
                },
            )
        };
        entries.iter().map(field).collect()
    }

    /// Its entries, for a table of texts whose keys the author makes up.
    pub fn text_entries(&self) -> BTreeMap<String, String> {
        let entries = self.entries();
        let texts = entries
            .iter()
            .filter_map(|(key, field)| Some((key, field.text()?)));
        texts
            .map(|(key, text)| ((*key).to_owned(), text.to_owned()))
            .collect()
    }

    /// Itself as a table whose keys the format prescribes.
    pub fn fields(&self) -> Option<Fields<'d>> {
        let Data::Table(entries) = &self.node.data else {
            self.mismatch("a table");
            return None;
        };
        let (report, path, at) = (self.report, self.path.clone(), self.at);
        Some(Fields {
            report,
            path,
            at,
            entries,
            asked: Vec::new(),
            known: Vec::new(),
        })
    }
}

impl<'d> Fields<'d> {
    /// The value of a key, if it is there.
    pub fn take(&mut self, key: &'static str) -> Option<Field<'d>> {
        self.known.push(key);
        self.report.asked(join(&self.path, key));
        self.take_quietly(key)
    }

    /// The same for a key that is not worth recommending.
    fn take_quietly(&mut self, key: &'static str) -> Option<Field<'d>> {
        self.asked.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        let path = join(&self.path, key);
        Some(Field {
            report: self.report,
            path,
            node: &entry.node,
            at: entry.at,
        })
    }

    /// The value of a key that must be there.
    pub fn require(&mut self, key: &'static str, remedy: &str) -> Option<Field<'d>> {
        let field = self.take(key);
        if field.is_none() {
            self.report
                .error(self.at, &self.path, format!("`{key}` is missing: {remedy}"));
        }
        field
    }

    /// The text of a key; empty when it is not there.
    pub fn text_or_empty(&mut self, key: &'static str) -> String {
        self.take(key)
            .and_then(|field| field.text())
            .unwrap_or_default()
            .to_owned()
    }

    /// Reports a key that Spin has and this version does nothing about, so that
    /// nobody believes it works.
    pub fn refuse(&mut self, key: &'static str, remedy: &str) {
        if let Some(field) = self.take_quietly(key).filter(|field| !field.node.is_void()) {
            field.error(format!("not supported by this version: {remedy}"));
        }
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        for entry in self
            .entries
            .iter()
            .filter(|entry| !self.asked.contains(&entry.key.as_str()))
        {
            let near = did_you_mean(&entry.key, self.asked.iter().copied());
            let message = if self.known.is_empty() {
                "unknown key: remove it".to_owned()
            } else if near.is_empty() {
                format!(
                    "unknown key: remove it; known here: {}",
                    self.known.join(", ")
                )
            } else {
                format!("unknown key{near}")
            };
            self.report
                .error(entry.at, join(&self.path, &entry.key), message);
        }
    }
}

/// The path of a key in a table, quoted where TOML wants quotes.
fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let key = if bare {
        key.to_owned()
    } else {
        format!("{key:?}")
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}
