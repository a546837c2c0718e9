//! How the private server runs. On its command line, where they win over
//! whatever `postgresql.conf` says, and change with the program, not with the
//! day the data folder was made.

use std::path::Path;

/// Settings that are the same for every server, each with its reason.
const FIXED: &[(&str, &str)] = &[
    // What was acknowledged is on disk and survives a torn page. These are the
    // defaults; said here, nothing can loosen them by accident.
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    // Functions come over TCP, because their URLs name a host and a port. The
    // socket is for people and tools on this machine.
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_permissions", "0700"),
    ("password_encryption", "scram-sha-256"),
    // Plenty for the runtime's pools and a few tools, and no more: each
    // connection is a process.
    ("max_connections", "100"),
    // A developer's machine has other things to do with its memory, and the
    // system's page cache does the rest.
    ("shared_buffers", "128MB"),
    // Short statements only: compiling one takes longer than running it.
    ("jit", "off"),
    // Rows and logs mean the same on every machine.
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // English, so that messages can be recognised and searched for.
    ("lc_messages", "C"),
    // The log is a file that spindrift opened; the text of statements stays out
    // of it, for there may be passwords in them.
    ("log_destination", "stderr"),
    ("logging_collector", "off"),
    ("log_line_prefix", "%m [%p] "),
    ("log_statement", "none"),
    ("log_min_error_statement", "panic"),
    // What `ps` shows.
    ("cluster_name", "spindrift"),
];

/// The arguments of `postgres` for the data folder `data`, a port of 127.0.0.1
/// and the folder that gets the socket.
pub(super) fn arguments(data: &Path, port: u16, socket_folder: &Path) -> Vec<String> {
    let mut arguments = vec!["-D".to_owned(), data.display().to_string()];
    let own = [
        ("port", port.to_string()),
        (
            "unix_socket_directories",
            quote(&socket_folder.display().to_string()),
        ),
    ];
    let fixed = FIXED
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    for (name, value) in own.into_iter().chain(fixed) {
        arguments.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    arguments
}

/// `unix_socket_directories` is a list: a comma or a space in a name needs quotes.
fn quote(path: &str) -> String {
    format!("\"{}\"", path.replace('"', "\"\""))
}
