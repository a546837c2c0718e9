//! Roles on a server that somebody else runs. (On a private one see [`crate::Access::ensure_roles`].)

use std::collections::BTreeMap;

use tokio_postgres::Client;

use crate::{Error, connect, with_role};

/// The role that owns the application's tables on a private server.
pub const OWNER: &str = "spindrift_owner";

/// Makes the roles that are missing, without a login, lets the URL's user become
/// each of them, and answers for each role the same URL with sessions that begin
/// as that role ([`with_role`]).
///
/// Separate logins are stronger, for then not even a function that sends any
/// statement it likes leaves its role: make them on the server and give each
/// variable its URL (`SPIN_VARIABLE_...`).
///
/// A session pooler or a direct connection is needed: a transaction pooler drops
/// settings of the connection.
///
/// # Errors
/// [`Error::Roles`], with the statements for an administrator, when the URL's user
/// may not do this.
pub async fn ensure<'a>(
    url: &str,
    roles: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<String, String>, Error> {
    let roles: Vec<&str> = roles.into_iter().collect();
    if roles.is_empty() {
        return Ok(BTreeMap::new());
    }
    refuse_reserved(&roles)?;
    let client = connect(url).await?;
    let todo = todo(&client, &roles).await?;
    if !todo.is_empty() {
        let sql = todo.join("\n");
        client
            .batch_execute(&sql)
            .await
            .map_err(|cause| Error::Roles {
                missing: roles.join(", "),
                reason: crate::error::describe(&cause),
                sql,
                variables: "SPIN_VARIABLE_<NAME>".to_owned(),
            })?;
    }
    roles
        .into_iter()
        .map(|role| Ok((role.to_owned(), with_role(url, role)?)))
        .collect()
}

/// The statements that are missing. None, most of the time.
async fn todo(client: &Client, roles: &[&str]) -> Result<Vec<String>, Error> {
    let failed = || Error::sql("read the roles");
    // PostgreSQL 16 tells being a member from being allowed to SET ROLE.
    let rows = client
        .query(
            "SELECT rolname::text, pg_has_role(current_user, oid, \
                    CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END), \
                    current_user::text \
             FROM pg_roles WHERE rolname = ANY($1)",
            &[&roles],
        )
        .await
        .map_err(failed())?;
    let user: String = client
        .query_one("SELECT current_user::text", &[])
        .await
        .map_err(failed())?
        .get(0);
    let mut statements = Vec::new();
    for role in roles {
        let row = rows.iter().find(|row| row.get::<_, &str>(0) == *role);
        if row.is_none() {
            statements.push(format!("CREATE ROLE {} NOLOGIN;", quote_name(role)));
        }
        // A superuser may become anybody, and needs no grant.
        if !row.is_some_and(|row| row.get(1)) {
            statements.push(format!(
                "GRANT {} TO {};",
                quote_name(role),
                quote_name(&user)
            ));
        }
    }
    Ok(statements)
}

/// Refuses names that belong to the server: a function must never get one.
pub(crate) fn refuse_reserved(roles: &[&str]) -> Result<(), Error> {
    let reserved = |role: &&&str| {
        role.is_empty() || role.starts_with("pg_") || ["postgres", "public", "none"].contains(role)
    };
    match roles.iter().find(reserved) {
        Some(role) => Err(Error::State(format!(
            "the role {role:?} is the server's own and not for functions: choose another name under \
             [application.tool.spindrift.database.roles]"
        ))),
        None => Ok(()),
    }
}

/// A name as SQL takes it, whatever is in it.
pub(crate) fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_belong_to_the_server_are_refused() {
        for role in ["postgres", "pg_read_all_data", "public", ""] {
            assert!(refuse_reserved(&["spindrift_app", role]).is_err(), "{role}");
        }
        assert!(refuse_reserved(&["spindrift_app"]).is_ok());
    }
}
