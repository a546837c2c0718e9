//! Which notifications a list shows.

use crate::query::{Page, Params, QueryError};

/// The parameters of `GET /api/notifications`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationQuery {
    /// Only those that were not read yet, or only those that were.
    pub unread: Option<bool>,
    /// Which part of the list.
    pub page: Page,
}

impl NotificationQuery {
    /// Reads a query string.
    ///
    /// # Errors
    ///
    /// The first parameter that is unknown or not understood.
    pub fn parse(query: Option<&str>) -> Result<Self, QueryError> {
        let mut given = Params::parse(query)?;
        let parsed = Self {
            unread: given.read("unread", "true or false", |text| text.parse().ok())?,
            page: Page::take(&mut given)?,
        };
        given.finish()?;
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read_and_no_other() {
        let query = NotificationQuery::parse(Some("unread=true&page=2&page_size=5")).unwrap();
        assert_eq!(query.unread, Some(true));
        assert_eq!((query.page.number, query.page.offset()), (2, 5));
        for (query, name) in [("unread=1", "unread"), ("kind=reminder", "kind")] {
            let refused = NotificationQuery::parse(Some(query)).unwrap_err();
            assert_eq!(refused.parameter, name);
        }
    }
}
