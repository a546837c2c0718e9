//! The generation before: `fermyon:spin/sqlite`.

use wasmtime::component::{Linker, Resource};

use super::{Connection, Sqlite, View, open, wit};
use crate::bindings::fermyon::spin::sqlite as older;
use crate::state::State;

pub(super) fn link(
    linker: &mut Linker<State>,
    view: fn(&mut State) -> View<'_>,
) -> wasmtime::Result<()> {
    older::add_to_linker::<_, Sqlite>(linker, view)
}

impl older::Host for View<'_> {}

impl older::HostConnection for View<'_> {
    async fn open(
        &mut self,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, older::Error>> {
        let opened = open(self.grant.database(&label)).await;
        Ok(self.hand_out(opened)?.map_err(error))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<older::Value>,
    ) -> wasmtime::Result<Result<older::QueryResult, older::Error>> {
        let connection = self.connection(&connection)?;
        let parameters = parameters.into_iter().map(given).collect();
        let result = connection.execute(statement, parameters).await;
        Ok(result.map(answer).map_err(error))
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.drop_connection(connection)
    }
}

fn answer(result: wit::QueryResult) -> older::QueryResult {
    let row = |row: wit::RowResult| older::RowResult {
        values: row.values.into_iter().map(told).collect(),
    };
    older::QueryResult {
        columns: result.columns,
        rows: result.rows.into_iter().map(row).collect(),
    }
}

fn given(value: older::Value) -> wit::Value {
    match value {
        older::Value::Integer(number) => wit::Value::Integer(number),
        older::Value::Real(number) => wit::Value::Real(number),
        older::Value::Text(text) => wit::Value::Text(text),
        older::Value::Blob(bytes) => wit::Value::Blob(bytes),
        older::Value::Null => wit::Value::Null,
    }
}

fn told(value: wit::Value) -> older::Value {
    match value {
        wit::Value::Integer(number) => older::Value::Integer(number),
        wit::Value::Real(number) => older::Value::Real(number),
        wit::Value::Text(text) => older::Value::Text(text),
        wit::Value::Blob(bytes) => older::Value::Blob(bytes),
        wit::Value::Null => older::Value::Null,
    }
}

fn error(error: wit::Error) -> older::Error {
    match error {
        wit::Error::NoSuchDatabase => older::Error::NoSuchDatabase,
        wit::Error::AccessDenied => older::Error::AccessDenied,
        wit::Error::InvalidConnection => older::Error::InvalidConnection,
        wit::Error::DatabaseFull => older::Error::DatabaseFull,
        wit::Error::Io(text) => older::Error::Io(text),
    }
}
