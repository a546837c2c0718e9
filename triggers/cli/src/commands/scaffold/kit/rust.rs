//! Functions in Rust, made with Spin's SDK.

use super::Kit;
use crate::args::Template;

/// The line of the SDK that functions are made with.
const SDK: &str = "7";

pub(super) fn kit(template: Template, name: &str) -> Kit {
    let code = match template {
        Template::Http => include_str!("../templates/rust/http.rs"),
        Template::Kafka => include_str!("../templates/rust/kafka.rs"),
        Template::Cron => include_str!("../templates/rust/cron.rs"),
    };
    Kit {
        files: vec![
            ("src/lib.rs", code.to_owned()),
            ("Cargo.toml", package(name)),
            (".gitignore", "/target\n/.spindrift\n/.spin\n".to_owned()),
        ],
        source: format!(
            "target/wasm32-wasip2/release/{}.wasm",
            name.replace('-', "_")
        ),
        commands: &["cargo build --target wasm32-wasip2 --release"],
        watch: &["src/**/*.rs", "Cargo.toml"],
        limits: None,
        needs: None,
    }
}

fn package(name: &str) -> String {
    format!(
        "[package]\n\
         name = \"{name}\"\n\
         version = \"0.1.0\"\n\
         edition = \"2024\"\n\n\
         [lib]\n\
         crate-type = [\"cdylib\"]\n\n\
         [dependencies]\n\
         spin-sdk = \"{SDK}\"\n\n\
         # No part of a workspace further up.\n\
         [workspace]\n"
    )
}
