//! The import.

wit_bindgen::generate!({
    path: "../wit",
    world: "ask",
    generate_all,
});

pub(crate) use self::tests::words::greeting::greet;
