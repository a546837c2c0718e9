//! Values between guests and PostgreSQL.

#![expect(
    clippy::result_large_err,
    reason = "the error is the interface's own, and on its way to the guest"
)]

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_decimal::Decimal;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Column as ServerColumn, Row};
use uuid::Uuid;

use crate::bindings::spin::postgres4_2_0::postgres::{
    Column, DbDataType, DbValue, Error, Interval, ParameterValue,
};

type Boxed = Box<dyn std::error::Error + Sync + Send>;

/// A parameter, on its way to the server.
pub(super) type Param = Box<dyn ToSql + Sync + Send>;

/// Turns a guest's parameters into the driver's.
pub(super) fn params(values: Vec<ParameterValue>) -> Result<Vec<Param>, Error> {
    values.into_iter().map(param).collect()
}

fn param(value: ParameterValue) -> Result<Param, Error> {
    use ParameterValue as P;
    Ok(match value {
        P::Boolean(v) => Box::new(v),
        P::Int8(v) => Box::new(v),
        P::Int16(v) => Box::new(v),
        P::Int32(v) => Box::new(v),
        P::Int64(v) => Box::new(v),
        P::Floating32(v) => Box::new(v),
        P::Floating64(v) => Box::new(v),
        P::Str(v) => Box::new(v),
        P::Binary(v) => Box::new(v),
        P::Date((y, m, d)) => Box::new(date(y, m, d)?),
        P::Time((h, m, s, n)) => Box::new(time(h, m, s, n)?),
        P::Datetime((y, mo, d, h, mi, s, n)) => {
            Box::new(date(y, mo, d)?.and_time(time(h, mi, s, n)?))
        }
        P::Timestamp(seconds) => Box::new(
            DateTime::from_timestamp(seconds, 0)
                .ok_or_else(|| bad(format!("{seconds} s is out of range")))?,
        ),
        P::Uuid(v) => Box::new(
            v.parse::<Uuid>()
                .map_err(|e| bad(format!("not a UUID: {e}")))?,
        ),
        P::Jsonb(v) => Box::new(Json(v)),
        P::Decimal(v) => Box::new(
            v.parse::<Decimal>()
                .map_err(|e| bad(format!("not a decimal: {e}")))?,
        ),
        P::ArrayInt32(v) => Box::new(v),
        P::ArrayInt64(v) => Box::new(v),
        P::ArrayStr(v) => Box::new(v),
        P::ArrayDecimal(v) => Box::new(
            v.into_iter()
                .map(|v| v.map(|v| v.parse::<Decimal>()).transpose())
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| bad(format!("not a decimal: {e}")))?,
        ),
        P::Interval(v) => Box::new(v),
        P::DbNull => Box::new(Null),
        P::RangeInt32(_) | P::RangeInt64(_) | P::RangeDecimal(_) => {
            return Err(bad("range parameters are not supported yet; pass the bounds and build the range in SQL".into()));
        }
    })
}

fn bad(message: String) -> Error {
    Error::BadParameter(message)
}

fn date(y: i32, m: u8, d: u8) -> Result<NaiveDate, Error> {
    NaiveDate::from_ymd_opt(y, m.into(), d.into())
        .ok_or_else(|| bad(format!("no such date: {y}-{m}-{d}")))
}

fn time(h: u8, m: u8, s: u8, n: u32) -> Result<NaiveTime, Error> {
    NaiveTime::from_hms_nano_opt(h.into(), m.into(), s.into(), n)
        .ok_or_else(|| bad(format!("no such time: {h}:{m}:{s}.{n:09}")))
}

/// NULL of any type.
#[derive(Debug)]
struct Null;

impl ToSql for Null {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Result<IsNull, Boxed> {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// JSON text, passed through: the server checks it anyway.
#[derive(Debug)]
struct Json(Vec<u8>);

/// The first byte of jsonb's binary form.
const JSONB_VERSION: u8 = 1;

impl ToSql for Json {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        if *ty == Type::JSONB {
            out.put_u8(JSONB_VERSION);
        }
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::JSON | Type::JSONB)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Json {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        Ok(Self(match raw {
            [JSONB_VERSION, text @ ..] if *ty == Type::JSONB => text.to_vec(),
            _ if *ty == Type::JSONB => return Err("unknown version of jsonb".into()),
            text => text.to_vec(),
        }))
    }

    fn accepts(ty: &Type) -> bool {
        <Self as ToSql>::accepts(ty)
    }
}

impl ToSql for Interval {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Boxed> {
        out.put_i64(self.micros);
        out.put_i32(self.days);
        out.put_i32(self.months);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::INTERVAL
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Interval {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        let raw: &[u8; 16] = raw.try_into()?;
        let (micros, rest) = raw.split_at(8);
        let (days, months) = rest.split_at(4);
        Ok(Self {
            micros: i64::from_be_bytes(micros.try_into()?),
            days: i32::from_be_bytes(days.try_into()?),
            months: i32::from_be_bytes(months.try_into()?),
        })
    }

    fn accepts(ty: &Type) -> bool {
        <Self as ToSql>::accepts(ty)
    }
}

/// The bytes of a value whose type has no case of its own.
struct Raw(Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Boxed> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A statement's columns, as guests are told.
pub(super) fn columns(columns: &[ServerColumn]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column {
            name: column.name().to_owned(),
            data_type: data_type(column.type_()),
        })
        .collect()
}

fn data_type(ty: &Type) -> DbDataType {
    match *ty {
        Type::BOOL => DbDataType::Boolean,
        Type::CHAR => DbDataType::Int8,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => DbDataType::Str,
        Type::BYTEA => DbDataType::Binary,
        Type::DATE => DbDataType::Date,
        Type::TIME => DbDataType::Time,
        Type::TIMESTAMP => DbDataType::Datetime,
        Type::TIMESTAMPTZ => DbDataType::Timestamp,
        Type::UUID => DbDataType::Uuid,
        Type::JSON | Type::JSONB => DbDataType::Jsonb,
        Type::NUMERIC => DbDataType::Decimal,
        Type::INTERVAL => DbDataType::Interval,
        Type::INT4_ARRAY => DbDataType::ArrayInt32,
        Type::INT8_ARRAY => DbDataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DbDataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY | Type::NAME_ARRAY => {
            DbDataType::ArrayStr
        }
        ref other => DbDataType::Other(other.name().to_owned()),
    }
}

/// Turns a row into what a guest gets.
pub(super) fn row(row: &Row) -> Result<Vec<DbValue>, tokio_postgres::Error> {
    (0..row.len()).map(|at| value(row, at)).collect()
}

fn value(row: &Row, at: usize) -> Result<DbValue, tokio_postgres::Error> {
    fn get<'a, T: FromSql<'a>>(
        row: &'a Row,
        at: usize,
        wrap: impl FnOnce(T) -> DbValue,
    ) -> Result<DbValue, tokio_postgres::Error> {
        Ok(row
            .try_get::<_, Option<T>>(at)?
            .map_or(DbValue::DbNull, wrap))
    }
    match *row.columns()[at].type_() {
        Type::BOOL => get(row, at, DbValue::Boolean),
        Type::CHAR => get(row, at, DbValue::Int8),
        Type::INT2 => get(row, at, DbValue::Int16),
        Type::INT4 => get(row, at, DbValue::Int32),
        Type::INT8 => get(row, at, DbValue::Int64),
        Type::FLOAT4 => get(row, at, DbValue::Floating32),
        Type::FLOAT8 => get(row, at, DbValue::Floating64),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => get(row, at, DbValue::Str),
        Type::BYTEA => get(row, at, DbValue::Binary),
        Type::DATE => get(row, at, |v: NaiveDate| DbValue::Date(ymd(v))),
        Type::TIME => get(row, at, |v: NaiveTime| DbValue::Time(hms(v))),
        Type::TIMESTAMP => get(row, at, |v: NaiveDateTime| {
            let ((y, mo, d), (h, mi, s, n)) = (ymd(v.date()), hms(v.time()));
            DbValue::Datetime((y, mo, d, h, mi, s, n))
        }),
        Type::TIMESTAMPTZ => get(row, at, |v: DateTime<chrono::Utc>| {
            DbValue::Timestamp(v.timestamp())
        }),
        Type::UUID => get(row, at, |v: Uuid| DbValue::Uuid(v.to_string())),
        Type::JSON | Type::JSONB => get(row, at, |v: Json| DbValue::Jsonb(v.0)),
        Type::NUMERIC => get(row, at, |v: Decimal| DbValue::Decimal(v.to_string())),
        Type::INTERVAL => get(row, at, DbValue::Interval),
        Type::INT4_ARRAY => get(row, at, DbValue::ArrayInt32),
        Type::INT8_ARRAY => get(row, at, DbValue::ArrayInt64),
        Type::NUMERIC_ARRAY => get(row, at, |v: Vec<Option<Decimal>>| {
            DbValue::ArrayDecimal(v.into_iter().map(|v| v.map(|v| v.to_string())).collect())
        }),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY | Type::NAME_ARRAY => {
            get(row, at, DbValue::ArrayStr)
        }
        _ => get(row, at, |v: Raw| DbValue::Unsupported(v.0)),
    }
}

/// Calendar numbers below 256 fit a byte by their nature.
#[expect(
    clippy::cast_possible_truncation,
    reason = "months and days are below 32"
)]
fn ymd(v: NaiveDate) -> (i32, u8, u8) {
    (v.year(), v.month() as u8, v.day() as u8)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "hours, minutes and seconds are below 61"
)]
fn hms(v: NaiveTime) -> (u8, u8, u8, u32) {
    (
        v.hour() as u8,
        v.minute() as u8,
        v.second() as u8,
        v.nanosecond(),
    )
}
