//! The place that was chosen.

use std::sync::atomic::{AtomicU64, Ordering};

/// A place, and which passage of it.
#[derive(Debug)]
pub(crate) struct Choice {
    name: String,
    /// Passages that go well before it.
    left: AtomicU64,
}

impl Choice {
    /// Reads `name` or `name:N`, N from 1. `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, passage) = match text.split_once(':') {
            Some((name, passage)) => (name, passage.parse().ok()?),
            None => (text, 1u64),
        };
        let left = AtomicU64::new(passage.checked_sub(1)?);
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
            left,
        })
    }

    /// Whether this passage of `name` is the one.
    pub(crate) fn is_here(&self, name: &str) -> bool {
        let count = |left: u64| left.checked_sub(1);
        self.name == name
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, count)
                .is_err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_names_a_place_and_a_passage() {
        let choice = Choice::parse("a.b:3").unwrap();
        assert!(!choice.is_here("other"));
        let passages = [(); 3].map(|()| choice.is_here("a.b"));
        assert_eq!(passages, [false, false, true]);
        assert!(Choice::parse("a.b").unwrap().is_here("a.b"));
    }

    #[test]
    fn what_chooses_nothing_is_no_choice() {
        for text in ["", ":1", "a:0", "a:x"] {
            assert!(Choice::parse(text).is_none(), "{text}");
        }
    }
}
