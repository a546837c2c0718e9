//! How to connect to a private server that runs.

use std::collections::BTreeMap;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::home::Home;
use super::init::{SUPERUSER, SUPERUSER_SECRET, major_of, of_major};
use super::pid_file::PidFile;
use crate::find::{Binaries, installed};
use crate::roles::{OWNER, quote_name, refuse_reserved};
use crate::url::percent_encode;
use crate::{Error, StateFolder, connect, random_secret};

/// The database that the application's tables are in.
pub(crate) const DATABASE: &str = "spindrift";

/// The address of a private server, and the passwords to it.
#[derive(Clone, Debug)]
pub struct Access {
    state: StateFolder,
    port: u16,
}

impl Access {
    pub(super) fn new(state: StateFolder, port: u16) -> Self {
        Self { state, port }
    }

    /// The server that runs on this state folder now, if one does. It belongs to
    /// another process, or outlived one.
    pub fn running(state: &StateFolder) -> Option<Self> {
        let file = PidFile::read(&Home::existing_data(state)?)?;
        (file.status == "ready").then_some(())?;
        Some(Self::new(state.clone(), file.port?))
    }

    /// `host:port`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The state folder.
    pub fn state(&self) -> &StateFolder {
        &self.state
    }

    /// A URL that connects as `spindrift_owner`, who owns the database and its
    /// tables and is bound by forced row-level security.
    ///
    /// # Errors
    /// The password cannot be read.
    pub fn owner_url(&self) -> Result<String, Error> {
        self.url_of(OWNER, DATABASE)
    }

    /// A URL of the superuser's, for what the owner may not do. Never for functions.
    pub(crate) fn superuser_url(&self, database: &str) -> Result<String, Error> {
        self.url_of(SUPERUSER, database)
    }

    pub(crate) async fn connect_as_superuser(&self, database: &str) -> Result<Client, Error> {
        connect(&self.superuser_url(database)?).await
    }

    /// The programs that made the data folder.
    pub(crate) fn binaries(&self) -> Result<Binaries, Error> {
        let missing = || {
            Error::State(format!(
                "there is no database in {}",
                self.state.path().display()
            ))
        };
        let data = Home::existing_data(&self.state).ok_or_else(missing)?;
        let major = major_of(&data)?.ok_or_else(missing)?;
        of_major(major, installed()?, &data, &self.state)
    }

    /// Makes the roles that are missing, each with a login and a password of its
    /// own that is kept in the state folder, and answers a URL for each.
    ///
    /// # Errors
    /// A role is one of the server's own, or the server fails.
    pub async fn ensure_roles<'a>(
        &self,
        roles: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, String>, Error> {
        let wanted: Vec<&str> = roles.into_iter().filter(|role| *role != OWNER).collect();
        refuse_reserved(&wanted)?;
        let missing = self.missing(&wanted).await?;
        if !missing.is_empty() {
            let superuser = self.connect_as_superuser("postgres").await?;
            for role in missing {
                self.set_password(&superuser, role).await?;
            }
        }
        let url = |role: &str| Ok((role.to_owned(), self.url_of(role, DATABASE)?));
        wanted.into_iter().chain([OWNER]).map(url).collect()
    }

    /// Those of the roles that the server does not have, or whose password is not known.
    async fn missing<'a>(&self, roles: &[&'a str]) -> Result<Vec<&'a str>, Error> {
        if roles.is_empty() {
            return Ok(Vec::new());
        }
        let client = connect(&self.owner_url()?).await?;
        let rows = client
            .query("SELECT rolname FROM pg_roles WHERE rolcanlogin", &[])
            .await
            .map_err(Error::sql("read the roles"))?;
        let present: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let mut missing = Vec::new();
        for role in roles {
            if !present.iter().any(|name| name == role)
                || self.state.secrets().read(&secret(role))?.is_none()
            {
                missing.push(*role);
            }
        }
        Ok(missing)
    }

    /// Connects as the owner, making the owner and the database when they are
    /// missing: what a start does last.
    pub(super) async fn ensure_owner(&self) -> Result<(), Error> {
        if self.state.secrets().read(&secret(OWNER))?.is_some() {
            match connect(&self.owner_url()?).await {
                Err(Error::Connect {
                    code: Some(code), ..
                }) if [
                    SqlState::INVALID_PASSWORD,
                    SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
                    SqlState::INVALID_CATALOG_NAME,
                ]
                .contains(&code) => {}
                other => return other.map(drop),
            }
        }
        let superuser = self.connect_as_superuser("postgres").await?;
        self.set_password(&superuser, OWNER).await?;
        let exists = superuser
            .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&DATABASE])
            .await
            .map_err(Error::sql("read the databases"))?;
        if exists.is_none() {
            superuser
                .batch_execute(&format!("CREATE DATABASE {DATABASE} OWNER {OWNER}"))
                .await
                .map_err(Error::sql("create the database"))?;
        }
        Ok(())
    }

    /// Gives `role` a new password, making it first when it is missing.
    pub(crate) async fn set_password(&self, superuser: &Client, role: &str) -> Result<(), Error> {
        let exists = superuser
            .query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[&role])
            .await
            .map_err(Error::sql("read the roles"))?;
        let verb = if exists.is_some() { "ALTER" } else { "CREATE" };
        let password = random_secret(24)?;
        superuser
            // Base64url needs no quoting.
            .batch_execute(&format!("{verb} ROLE {} LOGIN PASSWORD '{password}'", quote_name(role)))
            .await
            .map_err(Error::sql(format!("set up the role {role}")))?;
        // The server first: a crash in between leaves no secret, and the next
        // start comes back here.
        self.state.secrets().write(&secret(role), &password)
    }

    fn url_of(&self, role: &str, database: &str) -> Result<String, Error> {
        let name = if role == SUPERUSER {
            SUPERUSER_SECRET.to_owned()
        } else {
            secret(role)
        };
        let password = self.state.secrets().read(&name)?.ok_or_else(|| {
            Error::State(format!(
                "the password of {role} is missing in {}/secrets",
                self.state.path().display()
            ))
        })?;
        // Loopback: there is no wire to protect, and asking for TLS costs a round trip.
        Ok(format!(
            "postgres://{}:{password}@{}/{database}?sslmode=disable",
            percent_encode(role),
            self.host()
        ))
    }
}

fn secret(role: &str) -> String {
    format!("role.{role}")
}
