//! One of a few words.

use crate::fields::Field;
use crate::suggest::did_you_mean;

/// What the field's word stands for.
pub fn choice<T: Copy>(field: &Field<'_>, words: &[(&'static str, T)]) -> Option<T> {
    match chosen(field.text()?, words) {
        Ok(value) => Some(value),
        Err(message) => {
            field.error(message);
            None
        }
    }
}

/// What a word stands for; `Err` says which words there are.
pub(super) fn chosen<T: Copy>(word: &str, words: &[(&'static str, T)]) -> Result<T, String> {
    if let Some((_, value)) = words.iter().find(|(known, _)| *known == word) {
        return Ok(*value);
    }
    let list: Vec<_> = words
        .iter()
        .map(|(known, _)| format!("`{known}`"))
        .collect();
    let near = did_you_mean(word, words.iter().map(|(known, _)| *known));
    let (last, others) = list
        .split_last()
        .map_or((String::new(), String::new()), |(last, rest)| {
            (last.clone(), rest.join(", "))
        });
    Err(format!("must be {others} or {last}{near}"))
}
