//! Which tasks a list shows, and in which order.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Priority, Status};
use crate::instant;
use crate::query::{Page, Params, QueryError};

/// The parameters of `GET /api/tasks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskQuery {
    /// Only tasks with this status.
    pub status: Option<Status>,
    /// Only tasks with this priority.
    pub priority: Option<Priority>,
    /// Only tasks that have this tag.
    pub tag: Option<String>,
    /// Only tasks that are due before this instant. An all-day task counts from
    /// the beginning of its day, in the person's time zone.
    pub due_before: Option<DateTime<Utc>>,
    /// Only tasks that are due at this instant or later.
    pub due_after: Option<DateTime<Utc>>,
    /// Only tasks that are overdue, or only those that are not.
    pub overdue: Option<bool>,
    /// Only tasks that are due within 24 hours, or only those that are not.
    pub due_soon: Option<bool>,
    /// Only tasks that this series made.
    pub recurring_task_id: Option<Uuid>,
    /// Only tasks with these words, in the syntax of a web search.
    pub q: Option<String>,
    /// The order.
    pub sort: Sort,
    /// Which part of the list.
    pub page: Page,
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Largest, latest first.
    pub descending: bool,
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// When it is due; what is never due comes last in both directions.
    DueAt,
    /// When it was made.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// 1 is high: ascending, the most urgent come first.
    Priority,
    /// By its title, letters before their case.
    Title,
}

const Q: usize = 200;

impl TaskQuery {
    /// Reads a query string.
    ///
    /// # Errors
    ///
    /// The first parameter that is unknown or not understood.
    pub fn parse(query: Option<&str>) -> Result<Self, QueryError> {
        let mut given = Params::parse(query)?;
        let page = Page::take(&mut given)?;
        let parsed = Self {
            status: given.read("status", "open or completed", Status::parse)?,
            priority: given.read("priority", "1, 2 or 3", |text| {
                Priority::of(text.parse().ok()?)
            })?,
            tag: given.read("tag", "a tag", |text| {
                let tag = text.trim();
                (!tag.is_empty()).then(|| tag.to_owned())
            })?,
            due_before: given.read("due_before", INSTANT, instant::parse)?,
            due_after: given.read("due_after", INSTANT, instant::parse)?,
            overdue: given.read("overdue", "true or false", |text| text.parse().ok())?,
            due_soon: given.read("due_soon", "true or false", |text| text.parse().ok())?,
            recurring_task_id: given.read("recurring_task_id", "a UUID", |text| {
                Uuid::try_parse(text).ok()
            })?,
            q: given
                .read("q", "up to 200 characters", |text| {
                    (text.chars().count() <= Q).then(|| text.trim().to_owned())
                })?
                .filter(|q| !q.is_empty()),
            sort: given
                .read("sort", SORTS, Sort::parse)?
                .unwrap_or(Sort::NEWEST),
            page,
        };
        given.finish()?;
        Ok(parsed)
    }

    /// Whether every task of the person is shown.
    pub fn is_unfiltered(&self) -> bool {
        let Self { sort, page, .. } = *self;
        *self
            == Self {
                sort,
                page,
                ..Self::everything()
            }
    }

    /// The first page of everything, newest first.
    pub fn everything() -> Self {
        Self {
            status: None,
            priority: None,
            tag: None,
            due_before: None,
            due_after: None,
            overdue: None,
            due_soon: None,
            recurring_task_id: None,
            q: None,
            sort: Sort::NEWEST,
            page: Page::FIRST,
        }
    }
}

impl Sort {
    /// What was made last comes first: the order when none is asked for.
    pub const NEWEST: Self = Self {
        key: SortKey::CreatedAt,
        descending: true,
    };

    fn parse(text: &str) -> Option<Self> {
        let (descending, name) = text
            .strip_prefix('-')
            .map_or((false, text), |name| (true, name));
        let key = match name {
            "due_at" => SortKey::DueAt,
            "created_at" => SortKey::CreatedAt,
            "updated_at" => SortKey::UpdatedAt,
            "priority" => SortKey::Priority,
            "title" => SortKey::Title,
            _ => return None,
        };
        Some(Self { key, descending })
    }
}

const INSTANT: &str =
    "an RFC 3339 instant such as 2025-01-31T09:00:00Z (a + has to be sent as %2B)";
const SORTS: &str =
    "due_at, created_at, updated_at, priority or title, with a - in front for descending";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_asked_is_the_first_page_of_everything() {
        let query = TaskQuery::parse(None).unwrap();
        assert_eq!(query, TaskQuery::everything());
        assert!(query.is_unfiltered());
    }

    #[test]
    fn every_parameter_is_read() {
        let id = Uuid::from_u128(5);
        let query = TaskQuery::parse(Some(&format!(
            "status=open&priority=1&tag=a%20b&due_before=2025-01-02T00:00:00%2B01:00\
             &due_after=2025-01-01T00:00:00Z&overdue=true&due_soon=false&recurring_task_id={id}\
             &q=milk+bread&sort=-due_at&page=3&page_size=50"
        )))
        .unwrap();
        let expected = TaskQuery {
            status: Some(Status::Open),
            priority: Some(Priority::High),
            tag: Some("a b".into()),
            due_before: instant::parse("2025-01-01T23:00:00Z"),
            due_after: instant::parse("2025-01-01T00:00:00Z"),
            overdue: Some(true),
            due_soon: Some(false),
            recurring_task_id: Some(id),
            q: Some("milk bread".into()),
            sort: Sort {
                key: SortKey::DueAt,
                descending: true,
            },
            page: Page {
                number: 3,
                size: 50,
            },
        };
        assert_eq!(query, expected);
        assert_eq!(query.page.offset(), 100);
        assert!(!query.is_unfiltered());
    }

    #[test]
    fn a_parameter_that_is_not_understood_is_named() {
        for (query, name) in [
            ("status=done", "status"),
            ("priority=0", "priority"),
            ("priority=high", "priority"),
            ("tag=", "tag"),
            ("due_before=2025-01-01", "due_before"),
            ("due_before=2025-01-01T00:00:00+01:00", "due_before"),
            ("overdue=yes", "overdue"),
            ("overdue", "overdue"),
            ("recurring_task_id=7", "recurring_task_id"),
            ("sort=size", "sort"),
            ("sort=--title", "sort"),
            ("page=0", "page"),
            ("page=+1", "page"),
            ("page=4294967296", "page"),
            ("page_size=101", "page_size"),
            ("page_size=0", "page_size"),
            ("pagesize=1", "pagesize"),
        ] {
            assert_eq!(
                TaskQuery::parse(Some(query)).unwrap_err().parameter,
                name,
                "{query}"
            );
        }
    }

    #[test]
    fn an_empty_search_shows_everything() {
        assert!(TaskQuery::parse(Some("q=+")).unwrap().is_unfiltered());
    }

    proptest! {
        #[test]
        fn no_query_makes_the_reader_panic(query in "[a-z_=&%+0-9-]{0,60}") {
            _ = TaskQuery::parse(Some(&query));
        }
    }
}
