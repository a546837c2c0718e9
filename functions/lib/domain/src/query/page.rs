//! Which part of a list.

use super::{Params, QueryError};

/// `page` and `page_size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which page, from 1.
    pub number: u32,
    /// How many items a page has, 1 to 100.
    pub size: u32,
}

const SIZE: u32 = 20;
const MAX_SIZE: u32 = 100;

impl Page {
    /// The first one, of 20 items.
    pub const FIRST: Self = Self {
        number: 1,
        size: SIZE,
    };

    /// Reads a query string that says nothing else.
    ///
    /// # Errors
    ///
    /// The first parameter that is unknown or not understood.
    pub fn parse(query: Option<&str>) -> Result<Self, QueryError> {
        let mut given = Params::parse(query)?;
        let page = Self::take(&mut given)?;
        given.finish()?;
        Ok(page)
    }

    /// Takes both parameters out.
    ///
    /// # Errors
    ///
    /// When one is not understood.
    pub fn take(given: &mut Params) -> Result<Self, QueryError> {
        let page = given.read("page", "a number from 1", |text| number(text, u32::MAX))?;
        let size = given.read("page_size", "a number from 1 to 100", |text| {
            number(text, MAX_SIZE)
        })?;
        Ok(Self {
            number: page.unwrap_or(Self::FIRST.number),
            size: size.unwrap_or(Self::FIRST.size),
        })
    }

    /// How many items lie before the page.
    pub fn offset(self) -> i64 {
        (i64::from(self.number) - 1) * i64::from(self.size)
    }
}

/// A number from 1 to `most`, in digits alone.
fn number(text: &str, most: u32) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok())??;
    (1..=most).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_the_first_page() {
        assert_eq!(Page::parse(None), Ok(Page::FIRST));
        assert_eq!(Page::FIRST.offset(), 0);
    }

    #[test]
    fn a_page_that_is_none_is_refused() {
        for query in [
            "page=0",
            "page=+1",
            "page_size=101",
            "page_size=0",
            "size=1",
        ] {
            assert!(Page::parse(Some(query)).is_err(), "{query}");
        }
    }
}
