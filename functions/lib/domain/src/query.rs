//! Query strings, read strictly: what is unknown, said twice or not understood is
//! an error, so that a misspelt filter never looks like an empty one.

mod page;

pub use page::Page;

use crate::fields::no_nul;

/// A query parameter that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Query parameter `{parameter}` {detail}.")]
pub struct QueryError {
    /// Its name, as it was sent.
    pub parameter: String,
    /// What it takes.
    pub detail: String,
}

impl QueryError {
    /// An error about the parameter `name`.
    pub fn of(name: &str, detail: impl Into<String>) -> Self {
        Self {
            parameter: name.to_owned(),
            detail: detail.into(),
        }
    }
}

/// The parameters of one query string.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Splits and decodes a query string (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    ///
    /// When a parameter is not UTF-8, has a broken percent sign, or comes twice.
    pub fn parse(query: Option<&str>) -> Result<Self, QueryError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let broken = || QueryError::of(name, "is not percent-encoded UTF-8");
            let name = decode(name).ok_or_else(broken)?;
            let value = decode(value).ok_or_else(broken)?;
            no_nul(&value).map_err(|detail| QueryError::of(&name, detail))?;
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(QueryError::of(&name, "comes twice"));
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// Takes the value of `name` out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let place = self.pairs.iter().position(|(known, _)| known == name)?;
        Some(self.pairs.swap_remove(place).1)
    }

    /// Takes `name` out and reads it with `read`; `takes` says what it takes.
    ///
    /// # Errors
    ///
    /// When it is there and `read` makes nothing of it.
    pub fn read<T>(
        &mut self,
        name: &str,
        takes: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, QueryError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match read(&value) {
                Some(value) => Ok(Some(value)),
                None => Err(QueryError::of(name, format!("takes {takes}"))),
            },
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// When a parameter is left that nobody took.
    pub fn finish(self) -> Result<(), QueryError> {
        match self.pairs.first() {
            None => Ok(()),
            Some((name, _)) => Err(QueryError::of(name, "is not known here")),
        }
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    // A hexadecimal digit is less than 16.
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_decoded() {
        let mut params = Params::parse(Some("q=a+b%20c%C3%A9&&empty")).unwrap();
        assert_eq!(params.take("q").unwrap(), "a b cé");
        assert_eq!(params.take("empty").unwrap(), "");
        assert_eq!(params.finish(), Ok(()));
    }

    #[test]
    fn what_is_broken_twice_or_unknown_is_refused() {
        for query in ["q=%", "q=%4", "q=%zz", "q=%ff", "q=1&q=2", "q=%00"] {
            assert!(Params::parse(Some(query)).is_err(), "{query}");
        }
        let error = Params::parse(Some("statsu=open"))
            .unwrap()
            .finish()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "Query parameter `statsu` is not known here."
        );
    }

    proptest! {
        #[test]
        fn no_query_string_makes_the_reader_panic(query in ".{0,80}") {
            _ = Params::parse(Some(&query));
        }
    }
}
