//! Whether two databases are the same, down to each row and each right.

use anyhow::{Context, Result, ensure};
use tokio_postgres::Client;

/// What there is beside rows. Who owns it differs, and is in none of these.
const SHAPE: [(&str, &str); 10] = [
    (
        "columns",
        "SELECT format('%s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), \
                attnotnull, pg_get_expr(adbin, adrelid)) \
         FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace \
              LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum \
         WHERE nspname IN ('todo', 'spindrift') AND attnum > 0 AND NOT attisdropped",
    ),
    (
        "constraints",
        "SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint \
         WHERE connamespace::regnamespace::text IN ('todo', 'spindrift')",
    ),
    (
        "indexes",
        "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('todo', 'spindrift')",
    ),
    (
        "triggers",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    ),
    (
        "functions",
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace::regnamespace::text IN ('todo', 'spindrift')",
    ),
    (
        "sequences",
        "SELECT format('%s.%s %s', schemaname, sequencename, last_value) FROM pg_sequences",
    ),
    (
        "row-level security",
        "SELECT format('%s %s %s', oid::regclass, relrowsecurity, relforcerowsecurity) FROM pg_class \
         WHERE relnamespace::regnamespace::text IN ('todo', 'spindrift') AND relkind IN ('r', 'p')",
    ),
    (
        "policies",
        "SELECT format('%s.%s %s %s %s %s %s %s', schemaname, tablename, policyname, permissive, roles, cmd, qual, \
                with_check) FROM pg_policies",
    ),
    (
        "rights on tables, columns and functions",
        "SELECT format('%s %s.%s %s', grantee, table_schema, table_name, privilege_type) \
         FROM information_schema.role_table_grants WHERE grantee LIKE 'spindrift\\_%' AND grantee <> 'spindrift_owner' \
         UNION ALL \
         SELECT format('%s %s.%s.%s %s', grantee, table_schema, table_name, column_name, privilege_type) \
         FROM information_schema.role_column_grants WHERE grantee LIKE 'spindrift\\_%' AND grantee <> 'spindrift_owner' \
         UNION ALL \
         SELECT format('%s %s.%s %s', grantee, routine_schema, routine_name, privilege_type) \
         FROM information_schema.role_routine_grants \
         WHERE grantee IN ('spindrift_app', 'spindrift_worker', 'PUBLIC') AND routine_schema IN ('todo', 'spindrift')",
    ),
    (
        "rights on schemas and sequences",
        "SELECT format('%s %s %s', role, nspname, has_schema_privilege(role, oid, 'USAGE')) \
         FROM pg_namespace, unnest(ARRAY['spindrift_app', 'spindrift_worker']) AS role \
         WHERE nspname IN ('todo', 'spindrift') \
         UNION ALL \
         SELECT format('%s %s %s', role, oid::regclass, has_sequence_privilege(role, oid, 'USAGE')) \
         FROM pg_class, unnest(ARRAY['spindrift_app', 'spindrift_worker']) AS role WHERE relkind = 'S'",
    ),
];

/// The tables that are not the server's own.
pub(super) async fn tables(client: &Client) -> Result<Vec<String>> {
    texts(
        client,
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables \
         WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema'",
    )
    .await
}

/// Compares everything.
pub(super) async fn compare(one: &Client, other: &Client) -> Result<()> {
    let names = tables(one).await?;
    ensure!(names == tables(other).await?, "other tables than {names:?}");
    ensure!(names.len() > 10, "only {names:?}");
    let mut all = 0;
    for table in &names {
        let rows = format!("SELECT to_jsonb(t)::text FROM {table} AS t");
        let (first, second) = (texts(one, &rows).await?, texts(other, &rows).await?);
        let differs = first.iter().zip(&second).find(|(a, b)| a != b);
        ensure!(
            first.len() == second.len() && differs.is_none(),
            "{table} has {} rows there and {} here: {differs:?}",
            first.len(),
            second.len()
        );
        all += first.len();
    }
    ensure!(all > 500, "only {all} rows were compared");
    for (what, sql) in SHAPE {
        let (first, second) = (texts(one, sql).await?, texts(other, sql).await?);
        ensure!(!first.is_empty(), "there are no {what}");
        let differs: Vec<_> = first
            .iter()
            .filter(|line| !second.contains(line))
            .chain(second.iter().filter(|line| !first.contains(line)))
            .collect();
        ensure!(differs.is_empty(), "{what} differ: {differs:#?}");
    }
    Ok(())
}

/// What a query answers, in one column and sorted.
async fn texts(client: &Client, sql: &str) -> Result<Vec<String>> {
    let sql = format!("SELECT line FROM ({sql}) AS lines (line) ORDER BY line COLLATE \"C\"");
    let rows = client.query(&sql, &[]).await;
    let rows = rows.with_context(|| sql.clone())?;
    Ok(rows
        .iter()
        .map(|row| row.get::<_, Option<String>>(0).unwrap_or_default())
        .collect())
}
