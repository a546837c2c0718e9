//! PostgreSQL: a private server's programs, or the server that DATABASE_URL names.

use spindrift_database::{account, connect, find};

use super::Finding;
use crate::args::DatabaseArgs;

pub(super) async fn check(database: &DatabaseArgs) -> Vec<Finding> {
    if let Some(url) = database.url() {
        return vec![match answer(url).await {
            Ok(version) => Finding::ok(
                "database",
                format!("DATABASE_URL answers: PostgreSQL {version}"),
            ),
            Err(cause) => Finding::fail("database", format!("DATABASE_URL: {cause}")),
        }];
    }
    let mut findings = vec![match find::installed() {
        Ok(all) => {
            let list: Vec<String> = all
                .iter()
                .map(|binaries| format!("{} in {}", binaries.major, binaries.folder.display()))
                .collect();
            Finding::ok("PostgreSQL", list.join(", "))
        }
        Err(cause) => Finding::fail("PostgreSQL", cause.to_string()),
    }];
    match account::unprivileged() {
        Ok(None) => {}
        Ok(Some(account)) => findings.push(Finding::ok(
            "database user",
            format!("{}, for this is root", account.name),
        )),
        Err(cause) => findings.push(Finding::fail("database user", cause.to_string())),
    }
    findings
}

async fn answer(url: &str) -> Result<String, spindrift_database::Error> {
    let client = connect(url).await?;
    // A parameter that every server reports; asking costs nothing.
    let version = client.query_one("SHOW server_version", &[]).await;
    Ok(version.map(|row| row.get(0)).unwrap_or_default())
}
