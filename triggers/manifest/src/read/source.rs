//! What a component's source is: looked at without compiling it.

use std::io::ErrorKind;
use std::path::Path;

use wasmparser::{Parser, Payload};

use crate::app::Handler;

/// What the file exports. That must be an HTTP handler, the interface
/// `wasi:http/handler` of WASI 0.3 or `wasi:http/incoming-handler` of WASI 0.2, or
/// the function `handle-cron-event`, or `inbound-redis` of Spin.
///
/// # Errors
///
/// What is wrong with it, and what to do: `missing` where there is no such file. `shown`
/// is how the manifest names it.
pub(super) fn check(path: &Path, shown: &str, missing: &str) -> Result<Handler, String> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("no such file `{shown}`: {missing}"),
        _ => format!("can't read `{shown}`: {error}"),
    })?;
    if Parser::is_core_wasm(&bytes) {
        return Err(format!(
            "`{shown}` is a core module, not a component: build it for `wasm32-wasip2`, or \
             convert it with `wasm-tools component new`"
        ));
    }
    if !Parser::is_component(&bytes) {
        return Err(format!(
            "`{shown}` is no WebAssembly component: name the `.wasm` file"
        ));
    }
    let exports = exports(&bytes)
        .map_err(|error| format!("`{shown}` is damaged ({}): build it again", error.message()))?;
    if exports.iter().any(|name| is_http_handler(name)) {
        return Ok(Handler::Http);
    }
    if exports.contains(&"handle-cron-event") {
        return Ok(Handler::CronEvent);
    }
    if exports.iter().any(|name| is_message_handler(name)) {
        return Ok(Handler::Message);
    }
    let found = if exports.is_empty() {
        "nothing".to_owned()
    } else {
        exports.join(", ")
    };
    Err(format!(
        "`{shown}` exports no HTTP handler (it exports {found}): mark the handler with spin-sdk's \
         `#[http_service]`, so that it exports `wasi:http/handler` 0.3 (or \
         `wasi:http/incoming-handler` 0.2), and build it again"
    ))
}

fn is_http_handler(export: &str) -> bool {
    ["wasi:http/handler@0.3.", "wasi:http/incoming-handler@0.2."]
        .iter()
        .any(|interface| export.starts_with(interface))
}

/// The interface of today, and the one of the generation before, which has no version.
fn is_message_handler(export: &str) -> bool {
    export == "fermyon:spin/inbound-redis" || export.starts_with("spin:redis/inbound-redis@3.")
}

/// The names that the component itself exports; those of what it is made of are
/// nobody's business.
fn exports(bytes: &[u8]) -> Result<Vec<&str>, wasmparser::BinaryReaderError> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    names.push(export?.name.name);
                }
            }
            _ => {}
        }
    }
    Ok(names)
}
