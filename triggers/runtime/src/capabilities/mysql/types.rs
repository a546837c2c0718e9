//! Values between guests and MySQL.

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::prelude::FromValue;
use mysql_async::{Column as ServerColumn, Value, from_value_opt};

use crate::bindings::spin::mysql::mysql::{Column, DbDataType, DbValue, Error, ParameterValue};

/// The character set that says that bytes are no text.
const BINARY: u16 = 63;

/// Turns a guest's parameters into the driver's.
pub(super) fn params(values: Vec<ParameterValue>) -> Vec<Value> {
    values.into_iter().map(param).collect()
}

fn param(value: ParameterValue) -> Value {
    use ParameterValue as P;
    match value {
        P::Boolean(v) => Value::Int(v.into()),
        P::Int8(v) => Value::Int(v.into()),
        P::Int16(v) => Value::Int(v.into()),
        P::Int32(v) => Value::Int(v.into()),
        P::Int64(v) => Value::Int(v),
        P::Uint8(v) => Value::UInt(v.into()),
        P::Uint16(v) => Value::UInt(v.into()),
        P::Uint32(v) => Value::UInt(v.into()),
        P::Uint64(v) => Value::UInt(v),
        P::Floating32(v) => Value::Float(v),
        P::Floating64(v) => Value::Double(v),
        P::Str(v) => Value::Bytes(v.into_bytes()),
        P::Binary(v) => Value::Bytes(v),
        P::DbNull => Value::NULL,
    }
}

/// A statement's columns, as guests are told.
pub(super) fn columns(columns: &[ServerColumn]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column {
            name: column.name_str().into_owned(),
            data_type: data_type(column),
        })
        .collect()
}

/// BOOLEAN is TINYINT(1) to the server, and so an `int8`; a bit is a `boolean`.
fn data_type(column: &ServerColumn) -> DbDataType {
    use ColumnType as T;
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    match (column.column_type(), unsigned) {
        (T::MYSQL_TYPE_TINY, false) => DbDataType::Int8,
        (T::MYSQL_TYPE_TINY, true) => DbDataType::Uint8,
        (T::MYSQL_TYPE_SHORT, false) => DbDataType::Int16,
        (T::MYSQL_TYPE_SHORT, true) => DbDataType::Uint16,
        (T::MYSQL_TYPE_INT24 | T::MYSQL_TYPE_LONG, false) => DbDataType::Int32,
        (T::MYSQL_TYPE_INT24 | T::MYSQL_TYPE_LONG, true) => DbDataType::Uint32,
        (T::MYSQL_TYPE_LONGLONG, false) => DbDataType::Int64,
        (T::MYSQL_TYPE_LONGLONG, true) => DbDataType::Uint64,
        (T::MYSQL_TYPE_FLOAT, _) => DbDataType::Floating32,
        (T::MYSQL_TYPE_DOUBLE, _) => DbDataType::Floating64,
        (T::MYSQL_TYPE_BIT, _) if column.column_length() == 1 => DbDataType::Boolean,
        (T::MYSQL_TYPE_JSON, _) => DbDataType::Str,
        (
            T::MYSQL_TYPE_VARCHAR
            | T::MYSQL_TYPE_VAR_STRING
            | T::MYSQL_TYPE_STRING
            | T::MYSQL_TYPE_ENUM
            | T::MYSQL_TYPE_SET
            | T::MYSQL_TYPE_TINY_BLOB
            | T::MYSQL_TYPE_MEDIUM_BLOB
            | T::MYSQL_TYPE_LONG_BLOB
            | T::MYSQL_TYPE_BLOB,
            _,
        ) => match column.character_set() {
            BINARY => DbDataType::Binary,
            _ => DbDataType::Str,
        },
        _ => DbDataType::Other,
    }
}

/// Turns a row into what a guest gets.
pub(super) fn row(columns: &[ServerColumn], values: Vec<Value>) -> Result<Vec<DbValue>, Error> {
    let values = columns.iter().zip(values);
    values.map(|(column, found)| value(column, found)).collect()
}

fn value(column: &ServerColumn, value: Value) -> Result<DbValue, Error> {
    /// Numbers come as digits where the statement could not be prepared.
    fn get<T: FromValue>(
        column: &ServerColumn,
        value: Value,
        wrap: impl FnOnce(T) -> DbValue,
    ) -> Result<DbValue, Error> {
        let value = from_value_opt(value).map_err(|_| unreadable(column))?;
        Ok(wrap(value))
    }
    if matches!(value, Value::NULL) {
        return Ok(DbValue::DbNull);
    }
    match data_type(column) {
        DbDataType::Boolean => get(column, value, |bits: Vec<u8>| {
            DbValue::Boolean(bits.iter().any(|byte| *byte != 0))
        }),
        DbDataType::Int8 => get(column, value, DbValue::Int8),
        DbDataType::Int16 => get(column, value, DbValue::Int16),
        DbDataType::Int32 => get(column, value, DbValue::Int32),
        DbDataType::Int64 => get(column, value, DbValue::Int64),
        DbDataType::Uint8 => get(column, value, DbValue::Uint8),
        DbDataType::Uint16 => get(column, value, DbValue::Uint16),
        DbDataType::Uint32 => get(column, value, DbValue::Uint32),
        DbDataType::Uint64 => get(column, value, DbValue::Uint64),
        DbDataType::Floating32 => get(column, value, DbValue::Floating32),
        DbDataType::Floating64 => get(column, value, DbValue::Floating64),
        DbDataType::Str => get(column, value, DbValue::Str),
        DbDataType::Binary => get(column, value, DbValue::Binary),
        DbDataType::Other => Err(Error::ValueConversionFailed(format!(
            "the column \"{}\" is of the type {}, for which the interface has no value: have it as text by CAST({0} AS CHAR)",
            column.name_str(),
            type_name(column)
        ))),
    }
}

fn unreadable(column: &ServerColumn) -> Error {
    Error::ValueConversionFailed(format!(
        "a value of the column \"{}\" ({}) is not what its type says; a text that is not UTF-8 is read by CAST({0} AS BINARY)",
        column.name_str(),
        type_name(column)
    ))
}

/// `DATETIME`, say.
fn type_name(column: &ServerColumn) -> String {
    let name = format!("{:?}", column.column_type());
    match name.strip_prefix("MYSQL_TYPE_") {
        Some(name) => name.to_owned(),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: ColumnType) -> ServerColumn {
        ServerColumn::new(kind).with_name(b"due")
    }

    #[test]
    fn a_type_without_a_value_is_an_error_that_names_column_and_type_unless_it_is_null() {
        let due = column(ColumnType::MYSQL_TYPE_DATETIME);
        let Err(Error::ValueConversionFailed(text)) =
            value(&due, Value::Date(2025, 1, 1, 0, 0, 0, 0))
        else {
            panic!("it has a value");
        };
        assert!(
            text.contains("\"due\"") && text.contains("DATETIME"),
            "{text}"
        );
        assert!(matches!(value(&due, Value::NULL), Ok(DbValue::DbNull)));
    }

    #[test]
    fn numbers_are_read_from_digits_too() {
        let unsigned = ColumnFlags::UNSIGNED_FLAG;
        let byte = column(ColumnType::MYSQL_TYPE_TINY).with_flags(unsigned);
        for given in [
            Value::UInt(255),
            Value::Int(255),
            Value::Bytes(b"255".to_vec()),
        ] {
            assert!(matches!(value(&byte, given), Ok(DbValue::Uint8(255))));
        }
        assert!(value(&byte, Value::Int(256)).is_err());
        let double = column(ColumnType::MYSQL_TYPE_DOUBLE);
        let half = value(&double, Value::Bytes(b"0.5".to_vec()));
        assert!(matches!(half, Ok(DbValue::Floating64(0.5))));
    }

    #[test]
    fn bytes_are_text_by_their_character_set() {
        let text = column(ColumnType::MYSQL_TYPE_BLOB).with_character_set(45);
        let bytes = column(ColumnType::MYSQL_TYPE_BLOB).with_character_set(BINARY);
        let given = || Value::Bytes(b"x".to_vec());
        assert!(matches!(value(&text, given()), Ok(DbValue::Str(_))));
        assert!(matches!(value(&bytes, given()), Ok(DbValue::Binary(_))));
        assert!(value(&text, Value::Bytes(vec![0xff])).is_err());
    }

    #[test]
    fn a_bit_is_a_boolean() {
        let bit = column(ColumnType::MYSQL_TYPE_BIT).with_column_length(1);
        let set = value(&bit, Value::Bytes(vec![1]));
        assert!(matches!(set, Ok(DbValue::Boolean(true))));
    }
}
