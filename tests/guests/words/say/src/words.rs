//! The export.

wit_bindgen::generate!({
    path: "../wit",
    world: "say",
    generate_all,
});

struct Say;

impl self::exports::tests::words::greeting::Guest for Say {
    fn greet(name: String) -> String {
        let word = std::env::var("GREETING").unwrap_or_else(|_| "Hello".to_owned());
        format!("{word}, {name}!")
    }
}

export!(Say);
