//! Host traits for the interfaces in `wit/`.
//!
//! An `async func` becomes asynchronous by itself. The database's synchronous
//! functions wait for the network too: they are asynchronous for the host and
//! hold the calling instance alone.

wasmtime::component::bindgen!({
    path: "wit",
    world: "spindrift:host/host",
    imports: {
        "spin:postgres/postgres.[static]connection.open": async | trappable,
        "spin:postgres/postgres.[method]connection.query": async | trappable,
        "spin:postgres/postgres.[method]connection.execute": async | trappable,
        "spin:postgres/postgres.[method]connection-builder.build": async | trappable,
        "fermyon:spin/key-value.[static]store.open": async | trappable,
        "fermyon:spin/key-value.[method]store.get": async | trappable,
        "fermyon:spin/key-value.[method]store.set": async | trappable,
        "fermyon:spin/key-value.[method]store.delete": async | trappable,
        "fermyon:spin/key-value.[method]store.exists": async | trappable,
        "fermyon:spin/key-value.[method]store.get-keys": async | trappable,
        "spin:sqlite/sqlite.[static]connection.open": async | trappable,
        "spin:sqlite/sqlite.[method]connection.execute": async | trappable,
        "fermyon:spin/sqlite.[static]connection.open": async | trappable,
        "fermyon:spin/sqlite.[method]connection.execute": async | trappable,
        default: trappable,
    },
    with: {
        "spin:postgres/postgres.connection": crate::capabilities::postgres::Connection,
        "spin:postgres/postgres.connection-builder": crate::capabilities::postgres::Builder,
        "spin:key-value/key-value.store": crate::capabilities::key_value::Store,
        "fermyon:spin/key-value.store": crate::capabilities::key_value::Store,
        "spin:sqlite/sqlite.connection": crate::capabilities::sqlite::Connection,
        "fermyon:spin/sqlite.connection": crate::capabilities::sqlite::Connection,
    },
});
