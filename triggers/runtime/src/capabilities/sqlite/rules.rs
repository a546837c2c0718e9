//! What a function may not do with a database, though SQLite could.
//!
//! A file is the function's own; the rest of the disk, the process's memory and what its
//! neighbours do are not.

use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

/// How long a statement waits for another connection's transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of one value, and of one statement.
const LONGEST: i32 = 16 << 20;

/// Bytes that a database may grow to.
const LARGEST: i64 = 1 << 30;

/// The pragmas that speak of the function's own database alone. Others name files, or
/// settings of the whole process.
const PRAGMAS: [&str; 29] = [
    "application_id",
    "auto_vacuum",
    "cache_size",
    "case_sensitive_like",
    "collation_list",
    "data_version",
    "defer_foreign_keys",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "foreign_keys",
    "freelist_count",
    "function_list",
    "incremental_vacuum",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "optimize",
    "page_count",
    "page_size",
    "query_only",
    "quick_check",
    "recursive_triggers",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Those of them that may be read and not set.
const READ_ONLY: [&str; 2] = ["cache_size", "journal_mode"];

/// Makes a connection safe to hand to a function, and lasting what it writes.
pub(super) fn apply(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    connection.pragma_update(None, "max_page_count", LARGEST / page.max(1))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    // Last: it holds for what was done above, too.
    connection.authorizer(Some(authorize))
}

fn authorize(asked: AuthContext<'_>) -> Authorization {
    let allowed = match asked.action {
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } => {
            let name = pragma_name.to_ascii_lowercase();
            let is = |list: &[&str]| list.contains(&name.as_str());
            is(&PRAGMAS) && (pragma_value.is_none() || !is(&READ_ONLY))
        }
        // Any file of the disk; VACUUM INTO is one of them.
        AuthAction::Attach { .. } | AuthAction::Detach { .. } | AuthAction::Unknown { .. } => false,
        AuthAction::Function { function_name } => {
            !function_name.eq_ignore_ascii_case("load_extension")
        }
        _ => true,
    };
    match allowed {
        true => Authorization::Allow,
        false => Authorization::Deny,
    }
}
