//! Answers about many keys, which are in memory whole.

/// Keys of one page.
pub(super) const PAGE: usize = 10_000;

/// Values that a server is asked for at once.
pub(super) const PART: usize = 100;

/// Bytes of an answer.
const ANSWER: usize = 64 << 20;

/// Values by their keys, where there are any.
pub(super) type Found = Vec<(String, Option<Vec<u8>>)>;

/// Some of a store's keys.
pub(super) struct Page {
    pub(super) keys: Vec<String>,
    /// What asks for those after them. Without it there are none.
    pub(super) cursor: Option<String>,
}

/// Values on their way into an answer.
#[derive(Default)]
pub(super) struct Gathered {
    found: Found,
    bytes: usize,
}

impl Gathered {
    /// Takes what a key has.
    ///
    /// # Errors
    ///
    /// The answer would be too long.
    pub(super) fn add(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), String> {
        self.bytes += key.len() + value.as_ref().map_or(0, Vec::len);
        if self.bytes > ANSWER {
            return Err(format!(
                "the values are longer than {} MiB: ask for fewer keys at once",
                ANSWER >> 20
            ));
        }
        self.found.push((key, value));
        Ok(())
    }

    /// All of them.
    pub(super) fn found(self) -> Found {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_no_longer_than_it_may_be() {
        let mut gathered = Gathered::default();
        let half = vec![0; ANSWER / 2];
        gathered.add(String::new(), Some(half.clone())).unwrap();
        gathered.add(String::new(), Some(half)).unwrap();
        gathered.add(String::new(), None).unwrap();
        let told = gathered.add("k".to_owned(), None).unwrap_err();
        assert!(told.contains("fewer keys"), "{told}");
        assert_eq!(gathered.found().len(), 3);
    }
}
