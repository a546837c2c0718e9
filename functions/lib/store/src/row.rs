//! Rows, read by position: a function knows the order of its own columns, and a
//! search by name for each value would be the dearest part of a list.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use spin_sdk::pg::{DbValue, Decode};
use uuid::Uuid;

use crate::Error;

/// One row of a result. Values are taken out from left to right.
#[derive(Debug)]
pub struct Row {
    values: std::vec::IntoIter<DbValue>,
}

impl Row {
    pub(crate) fn new(values: Vec<DbValue>) -> Self {
        Self {
            values: values.into_iter(),
        }
    }

    /// The next column's value.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] when there is no further column or it is of another type.
    pub fn take<T: FromValue>(&mut self) -> Result<T, Error> {
        let value = self
            .values
            .next()
            .ok_or_else(|| Error::Internal("a row has fewer columns than expected".into()))?;
        T::from_value(value)
    }
}

/// A type that a column's value can become.
pub trait FromValue: Sized {
    /// Converts, taking what the value owns.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] when the column is of another type.
    fn from_value(value: DbValue) -> Result<Self, Error>;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: DbValue) -> Result<Self, Error> {
        match value {
            DbValue::DbNull => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for String {
    fn from_value(value: DbValue) -> Result<Self, Error> {
        match value {
            DbValue::Str(text) => Ok(text),
            other => Err(unexpected("text", &other)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: DbValue) -> Result<Self, Error> {
        match value {
            DbValue::Binary(bytes) | DbValue::Jsonb(bytes) => Ok(bytes),
            other => Err(unexpected("bytea or jsonb", &other)),
        }
    }
}

impl FromValue for Vec<String> {
    fn from_value(value: DbValue) -> Result<Self, Error> {
        match value {
            DbValue::ArrayStr(items) => Ok(items.into_iter().flatten().collect()),
            other => Err(unexpected("text[]", &other)),
        }
    }
}

impl FromValue for Vec<i32> {
    fn from_value(value: DbValue) -> Result<Self, Error> {
        match value {
            DbValue::ArrayInt32(items) => Ok(items.into_iter().flatten().collect()),
            other => Err(unexpected("integer[]", &other)),
        }
    }
}

impl FromValue for Vec<i64> {
    fn from_value(value: DbValue) -> Result<Self, Error> {
        match value {
            DbValue::ArrayInt64(items) => Ok(items.into_iter().flatten().collect()),
            other => Err(unexpected("bigint[]", &other)),
        }
    }
}

impl FromValue for DateTime<Utc> {
    /// From a `timestamp` column that holds UTC (`x AT TIME ZONE 'UTC'`).
    fn from_value(value: DbValue) -> Result<Self, Error> {
        Ok(NaiveDateTime::decode(&value)?.and_utc())
    }
}

macro_rules! by_decode {
    ($($ty:ty),*) => {$(
        impl FromValue for $ty {
            fn from_value(value: DbValue) -> Result<Self, Error> {
                Ok(<$ty>::decode(&value)?)
            }
        }
    )*};
}
by_decode!(bool, i16, i32, i64, NaiveDate, NaiveTime, Uuid);

/// Names the types only: a value may be somebody's.
fn unexpected(wanted: &str, got: &DbValue) -> Error {
    let got = match got {
        DbValue::DbNull => "NULL",
        DbValue::Unsupported(_) => "a type that the interface does not carry",
        _ => "another type",
    };
    Error::Internal(format!("expected a column of type {wanted}, got {got}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_the_order_of_the_columns() {
        let mut row = Row::new(vec![
            DbValue::Str("a".into()),
            DbValue::Int64(7),
            DbValue::DbNull,
        ]);
        assert_eq!(row.take::<String>().unwrap(), "a");
        assert_eq!(row.take::<i64>().unwrap(), 7);
        assert_eq!(row.take::<Option<i64>>().unwrap(), None);
        assert!(row.take::<i64>().is_err());
    }

    #[test]
    fn a_wrong_type_is_an_error_that_keeps_the_value_to_itself() {
        let error = String::from_value(DbValue::Binary(b"secret".to_vec())).unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
}
