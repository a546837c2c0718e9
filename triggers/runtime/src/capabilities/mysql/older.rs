//! The generation before: `fermyon:spin/mysql`.

use wasmtime::component::{Linker, Resource};

use super::session::Answer;
use super::{Connection, MySql, View, open, wit};
use crate::bindings::fermyon::spin::{mysql as older, rdbms_types as shared};
use crate::state::State;

pub(super) fn link(
    linker: &mut Linker<State>,
    view: fn(&mut State) -> View<'_>,
) -> wasmtime::Result<()> {
    older::add_to_linker::<_, MySql>(linker, view)
}

impl older::Host for View<'_> {}

impl older::HostConnection for View<'_> {
    async fn open(
        &mut self,
        address: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, shared::Error>> {
        let opened = open(self.grant.clone(), address).await;
        Ok(self.hand_out(opened)?.map_err(error))
    }

    async fn query(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<shared::ParameterValue>,
    ) -> wasmtime::Result<Result<shared::RowSet, shared::Error>> {
        let connection = self.connection(&connection)?;
        let params = params.into_iter().map(given).collect();
        let answer = connection.ask(sql, params).await;
        Ok(answer.map(rows).map_err(error))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        sql: String,
        params: Vec<shared::ParameterValue>,
    ) -> wasmtime::Result<Result<(), shared::Error>> {
        let connection = self.connection(&connection)?;
        let params = params.into_iter().map(given).collect();
        let answer = connection.ask(sql, params).await;
        Ok(answer.map(|_| ()).map_err(error))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

fn rows(answer: Answer) -> shared::RowSet {
    let column = |column: wit::Column| shared::Column {
        name: column.name,
        data_type: data_type(column.data_type),
    };
    let row = |row: Vec<wit::DbValue>| row.into_iter().map(told).collect::<Vec<_>>();
    shared::RowSet {
        columns: answer.columns.into_iter().map(column).collect(),
        rows: answer.rows.into_iter().map(row).collect(),
    }
}

fn given(value: shared::ParameterValue) -> wit::ParameterValue {
    use shared::ParameterValue as Theirs;
    use wit::ParameterValue as Ours;
    match value {
        Theirs::Boolean(v) => Ours::Boolean(v),
        Theirs::Int8(v) => Ours::Int8(v),
        Theirs::Int16(v) => Ours::Int16(v),
        Theirs::Int32(v) => Ours::Int32(v),
        Theirs::Int64(v) => Ours::Int64(v),
        Theirs::Uint8(v) => Ours::Uint8(v),
        Theirs::Uint16(v) => Ours::Uint16(v),
        Theirs::Uint32(v) => Ours::Uint32(v),
        Theirs::Uint64(v) => Ours::Uint64(v),
        Theirs::Floating32(v) => Ours::Floating32(v),
        Theirs::Floating64(v) => Ours::Floating64(v),
        Theirs::Str(v) => Ours::Str(v),
        Theirs::Binary(v) => Ours::Binary(v),
        Theirs::DbNull => Ours::DbNull,
    }
}

fn told(value: wit::DbValue) -> shared::DbValue {
    use shared::DbValue as Theirs;
    use wit::DbValue as Ours;
    match value {
        Ours::Boolean(v) => Theirs::Boolean(v),
        Ours::Int8(v) => Theirs::Int8(v),
        Ours::Int16(v) => Theirs::Int16(v),
        Ours::Int32(v) => Theirs::Int32(v),
        Ours::Int64(v) => Theirs::Int64(v),
        Ours::Uint8(v) => Theirs::Uint8(v),
        Ours::Uint16(v) => Theirs::Uint16(v),
        Ours::Uint32(v) => Theirs::Uint32(v),
        Ours::Uint64(v) => Theirs::Uint64(v),
        Ours::Floating32(v) => Theirs::Floating32(v),
        Ours::Floating64(v) => Theirs::Floating64(v),
        Ours::Str(v) => Theirs::Str(v),
        Ours::Binary(v) => Theirs::Binary(v),
        Ours::DbNull => Theirs::DbNull,
        Ours::Unsupported => Theirs::Unsupported,
    }
}

fn data_type(kind: wit::DbDataType) -> shared::DbDataType {
    use shared::DbDataType as Theirs;
    use wit::DbDataType as Ours;
    match kind {
        Ours::Boolean => Theirs::Boolean,
        Ours::Int8 => Theirs::Int8,
        Ours::Int16 => Theirs::Int16,
        Ours::Int32 => Theirs::Int32,
        Ours::Int64 => Theirs::Int64,
        Ours::Uint8 => Theirs::Uint8,
        Ours::Uint16 => Theirs::Uint16,
        Ours::Uint32 => Theirs::Uint32,
        Ours::Uint64 => Theirs::Uint64,
        Ours::Floating32 => Theirs::Floating32,
        Ours::Floating64 => Theirs::Floating64,
        Ours::Str => Theirs::Str,
        Ours::Binary => Theirs::Binary,
        Ours::Other => Theirs::Other,
    }
}

fn error(error: wit::Error) -> shared::Error {
    match error {
        wit::Error::ConnectionFailed(text) => shared::Error::ConnectionFailed(text),
        wit::Error::BadParameter(text) => shared::Error::BadParameter(text),
        wit::Error::QueryFailed(text) => shared::Error::QueryFailed(text),
        wit::Error::ValueConversionFailed(text) => shared::Error::ValueConversionFailed(text),
        wit::Error::Other(text) => shared::Error::Other(text),
    }
}
