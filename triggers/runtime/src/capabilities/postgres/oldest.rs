//! The generation of Spin 2: `fermyon:spin/postgres`, with the types of its MySQL. What has
//! no case there, dates among it, is answered as `unsupported`; a cast to text in the
//! statement reads it.

use wasmtime::component::{Linker, Resource};

use super::older::words;
use super::{Connection, Postgres, View, address, open, wit};
use crate::bindings::fermyon::spin::{postgres as oldest, rdbms_types as shared};
use crate::state::State;

pub(super) fn link(
    linker: &mut Linker<State>,
    view: fn(&mut State) -> View<'_>,
) -> wasmtime::Result<()> {
    oldest::add_to_linker::<_, Postgres>(linker, view)
}

impl oldest::Host for View<'_> {}

impl oldest::HostConnection for View<'_> {
    async fn open(
        &mut self,
        text: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, shared::Error>> {
        let opened = open(self.grant.clone(), address(text)).await;
        Ok(self.hand_out(opened)?.map_err(error))
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<shared::ParameterValue>,
    ) -> wasmtime::Result<Result<shared::RowSet, shared::Error>> {
        let connection = self.connection(&connection)?;
        let params = match given(params) {
            Ok(params) => params,
            Err(error) => return Ok(Err(error)),
        };
        let result = connection.query(sql, params).await;
        Ok(result.map(answer).map_err(error))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<shared::ParameterValue>,
    ) -> wasmtime::Result<Result<u64, shared::Error>> {
        let connection = self.connection(&connection)?;
        let params = match given(params) {
            Ok(params) => params,
            Err(error) => return Ok(Err(error)),
        };
        let result = connection.execute(sql, params).await;
        Ok(result.map_err(error))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

fn answer(result: wit::RowSet) -> shared::RowSet {
    let column = |column: wit::Column| shared::Column {
        name: column.name,
        data_type: data_type(&column.data_type),
    };
    let row = |row: Vec<wit::DbValue>| row.into_iter().map(told).collect::<Vec<_>>();
    shared::RowSet {
        columns: result.columns.into_iter().map(column).collect(),
        rows: result.rows.into_iter().map(row).collect(),
    }
}

fn given(values: Vec<shared::ParameterValue>) -> Result<Vec<wit::ParameterValue>, shared::Error> {
    values.into_iter().map(one).collect()
}

fn one(value: shared::ParameterValue) -> Result<wit::ParameterValue, shared::Error> {
    use shared::ParameterValue as Oldest;
    use wit::ParameterValue as Newer;
    Ok(match value {
        Oldest::Boolean(value) => Newer::Boolean(value),
        Oldest::Int8(value) => Newer::Int8(value),
        Oldest::Int16(value) => Newer::Int16(value),
        Oldest::Int32(value) => Newer::Int32(value),
        Oldest::Int64(value) => Newer::Int64(value),
        Oldest::Floating32(value) => Newer::Floating32(value),
        Oldest::Floating64(value) => Newer::Floating64(value),
        Oldest::Str(value) => Newer::Str(value),
        Oldest::Binary(value) => Newer::Binary(value),
        Oldest::DbNull => Newer::DbNull,
        Oldest::Uint8(_) | Oldest::Uint16(_) | Oldest::Uint32(_) | Oldest::Uint64(_) => {
            return Err(shared::Error::BadParameter(
                "PostgreSQL has no unsigned integers: give a signed one".to_owned(),
            ));
        }
    })
}

fn told(value: wit::DbValue) -> shared::DbValue {
    use shared::DbValue as Oldest;
    use wit::DbValue as Newer;
    match value {
        Newer::Boolean(value) => Oldest::Boolean(value),
        Newer::Int8(value) => Oldest::Int8(value),
        Newer::Int16(value) => Oldest::Int16(value),
        Newer::Int32(value) => Oldest::Int32(value),
        Newer::Int64(value) => Oldest::Int64(value),
        Newer::Floating32(value) => Oldest::Floating32(value),
        Newer::Floating64(value) => Oldest::Floating64(value),
        Newer::Str(value) => Oldest::Str(value),
        Newer::Binary(value) => Oldest::Binary(value),
        Newer::DbNull => Oldest::DbNull,
        Newer::Date(_)
        | Newer::Time(_)
        | Newer::Datetime(_)
        | Newer::Timestamp(_)
        | Newer::Uuid(_)
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
        | Newer::Unsupported(_) => Oldest::Unsupported,
    }
}

fn data_type(data_type: &wit::DbDataType) -> shared::DbDataType {
    use shared::DbDataType as Oldest;
    use wit::DbDataType as Newer;
    match data_type {
        Newer::Boolean => Oldest::Boolean,
        Newer::Int8 => Oldest::Int8,
        Newer::Int16 => Oldest::Int16,
        Newer::Int32 => Oldest::Int32,
        Newer::Int64 => Oldest::Int64,
        Newer::Floating32 => Oldest::Floating32,
        Newer::Floating64 => Oldest::Floating64,
        Newer::Str => Oldest::Str,
        Newer::Binary => Oldest::Binary,
        Newer::Date
        | Newer::Time
        | Newer::Datetime
        | Newer::Timestamp
        | Newer::Uuid
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
        | Newer::Other(_) => Oldest::Other,
    }
}

fn error(error: wit::Error) -> shared::Error {
    match error {
        wit::Error::ConnectionFailed(text) => shared::Error::ConnectionFailed(text),
        wit::Error::BadParameter(text) => shared::Error::BadParameter(text),
        wit::Error::QueryFailed(error) => shared::Error::QueryFailed(words(error)),
        wit::Error::ValueConversionFailed(text) => shared::Error::ValueConversionFailed(text),
        wit::Error::Other(text) => shared::Error::Other(text),
    }
}
