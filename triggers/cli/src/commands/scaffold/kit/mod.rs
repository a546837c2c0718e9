//! What a function is made of, and how it is built, in each language.

mod python;
mod rust;
mod typescript;

use crate::args::{Language, Template};

/// A function in one language.
pub(super) struct Kit {
    /// Its files: their paths in its folder, and what is in them.
    pub(super) files: Vec<(&'static str, String)>,
    /// The component that building makes, by its path in that folder.
    pub(super) source: String,
    /// What builds it, in order.
    pub(super) commands: &'static [&'static str],
    /// Globs of what it is built from.
    pub(super) watch: &'static [&'static str],
    /// Lines of its `limits` in the manifest, where the defaults do not suit the language.
    pub(super) limits: Option<&'static str>,
    /// What building takes, where that is something else than Rust.
    pub(super) needs: Option<&'static str>,
}

impl Kit {
    /// The kit of a function called `name`.
    pub(super) fn of(language: Language, template: Template, name: &str) -> Self {
        match language {
            Language::Rust => rust::kit(template, name),
            Language::Python => python::kit(template),
            Language::TypeScript => typescript::kit(template, name),
        }
    }
}
