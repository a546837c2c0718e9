//! The generation before: `spin:postgres` 3.0. What has no case there is answered as
//! `unsupported`, as Spin does it; a cast to text in the statement reads it.

use wasmtime::component::{Linker, Resource};

use super::{Connection, Postgres, View, address, open, wit};
use crate::bindings::spin::postgres3_0_0::postgres as older;
use crate::state::State;

pub(super) fn link(
    linker: &mut Linker<State>,
    view: fn(&mut State) -> View<'_>,
) -> wasmtime::Result<()> {
    older::add_to_linker::<_, Postgres>(linker, view)
}

impl older::Host for View<'_> {}

impl older::HostConnection for View<'_> {
    async fn open(
        &mut self,
        text: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, older::Error>> {
        let opened = open(self.grant.clone(), address(text)).await;
        Ok(self.hand_out(opened)?.map_err(error))
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<older::ParameterValue>,
    ) -> wasmtime::Result<Result<older::RowSet, older::Error>> {
        let params = params.into_iter().map(given).collect();
        let result = self.connection(&connection)?.query(sql, params).await;
        Ok(result.map(answer).map_err(error))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<older::ParameterValue>,
    ) -> wasmtime::Result<Result<u64, older::Error>> {
        let params = params.into_iter().map(given).collect();
        let result = self.connection(&connection)?.execute(sql, params).await;
        Ok(result.map_err(error))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

fn answer(result: wit::RowSet) -> older::RowSet {
    let column = |column: wit::Column| older::Column {
        name: column.name,
        data_type: data_type(&column.data_type),
    };
    let row = |row: Vec<wit::DbValue>| row.into_iter().map(told).collect::<Vec<_>>();
    older::RowSet {
        columns: result.columns.into_iter().map(column).collect(),
        rows: result.rows.into_iter().map(row).collect(),
    }
}

fn given(value: older::ParameterValue) -> wit::ParameterValue {
    use older::ParameterValue as Older;
    use wit::ParameterValue as Newer;
    match value {
        Older::Boolean(value) => Newer::Boolean(value),
        Older::Int8(value) => Newer::Int8(value),
        Older::Int16(value) => Newer::Int16(value),
        Older::Int32(value) => Newer::Int32(value),
        Older::Int64(value) => Newer::Int64(value),
        Older::Floating32(value) => Newer::Floating32(value),
        Older::Floating64(value) => Newer::Floating64(value),
        Older::Str(value) => Newer::Str(value),
        Older::Binary(value) => Newer::Binary(value),
        Older::Date(value) => Newer::Date(value),
        Older::Time(value) => Newer::Time(value),
        Older::Datetime(value) => Newer::Datetime(value),
        Older::Timestamp(value) => Newer::Timestamp(value),
        Older::DbNull => Newer::DbNull,
    }
}

fn told(value: wit::DbValue) -> older::DbValue {
    use older::DbValue as Older;
    use wit::DbValue as Newer;
    match value {
        Newer::Boolean(value) => Older::Boolean(value),
        Newer::Int8(value) => Older::Int8(value),
        Newer::Int16(value) => Older::Int16(value),
        Newer::Int32(value) => Older::Int32(value),
        Newer::Int64(value) => Older::Int64(value),
        Newer::Floating32(value) => Older::Floating32(value),
        Newer::Floating64(value) => Older::Floating64(value),
        Newer::Str(value) => Older::Str(value),
        Newer::Binary(value) => Older::Binary(value),
        Newer::Date(value) => Older::Date(value),
        Newer::Time(value) => Older::Time(value),
        Newer::Datetime(value) => Older::Datetime(value),
        Newer::Timestamp(value) => Older::Timestamp(value),
        Newer::DbNull => Older::DbNull,
        Newer::Uuid(_)
        | Newer::Jsonb(_)
        | Newer::Decimal(_)
        | Newer::RangeInt32(_)
        | Newer::RangeInt64(_)
        | Newer::RangeDecimal(_)
        | Newer::ArrayInt32(_)
        | Newer::ArrayInt64(_)
        | Newer::ArrayDecimal(_)
        | Newer::ArrayStr(_)
        | Newer::Interval(_)
        | Newer::Unsupported(_) => Older::Unsupported,
    }
}

fn data_type(data_type: &wit::DbDataType) -> older::DbDataType {
    use older::DbDataType as Older;
    use wit::DbDataType as Newer;
    match data_type {
        Newer::Boolean => Older::Boolean,
        Newer::Int8 => Older::Int8,
        Newer::Int16 => Older::Int16,
        Newer::Int32 => Older::Int32,
        Newer::Int64 => Older::Int64,
        Newer::Floating32 => Older::Floating32,
        Newer::Floating64 => Older::Floating64,
        Newer::Str => Older::Str,
        Newer::Binary => Older::Binary,
        Newer::Date => Older::Date,
        Newer::Time => Older::Time,
        Newer::Datetime => Older::Datetime,
        Newer::Timestamp => Older::Timestamp,
        Newer::Uuid
        | Newer::Jsonb
        | Newer::Decimal
        | Newer::RangeInt32
        | Newer::RangeInt64
        | Newer::RangeDecimal
        | Newer::ArrayInt32
        | Newer::ArrayInt64
        | Newer::ArrayDecimal
        | Newer::ArrayStr
        | Newer::Interval
        | Newer::Other(_) => Older::Other,
    }
}

fn error(error: wit::Error) -> older::Error {
    match error {
        wit::Error::ConnectionFailed(text) => older::Error::ConnectionFailed(text),
        wit::Error::BadParameter(text) => older::Error::BadParameter(text),
        wit::Error::QueryFailed(error) => older::Error::QueryFailed(words(error)),
        wit::Error::ValueConversionFailed(text) => older::Error::ValueConversionFailed(text),
        wit::Error::Other(text) => older::Error::Other(text),
    }
}

/// A failed statement, where errors have nothing but words.
pub(super) fn words(error: wit::QueryError) -> String {
    match error {
        wit::QueryError::Text(text) => text,
        wit::QueryError::DbError(error) => error.as_text,
    }
}
