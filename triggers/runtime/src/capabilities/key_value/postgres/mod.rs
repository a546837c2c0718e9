//! Stores in a PostgreSQL: rows of a table `spindrift_key_value`, under their labels. Every
//! statement ([`sql`]) says the types of its values, so that it costs one round trip.

mod ask;
mod pool;
mod sql;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use self::pool::PATIENCE;
pub(crate) use self::pool::Server;
use super::answer::{Found, Gathered, PAGE, PART, Page};
use super::counter;

/// A store in a table.
#[derive(Clone)]
pub(super) struct PostgresStore {
    pub(super) label: Arc<str>,
    pub(super) server: Arc<Server>,
}

impl PostgresStore {
    pub(super) async fn get(self, key: String) -> Result<Option<Vec<u8>>, String> {
        let store = &*self.label;
        let rows = self
            .rows(sql::GET, &[(&store, Type::TEXT), (&key, Type::TEXT)])
            .await?;
        let value = rows.first().map(|row| self.column(row, 0));
        value.transpose()
    }

    pub(super) async fn set(self, key: String, value: Vec<u8>) -> Result<(), String> {
        let store = &*self.label;
        self.write(
            sql::SET,
            &[
                (&store, Type::TEXT),
                (&key, Type::TEXT),
                (&value, Type::BYTEA),
            ],
        )
        .await
        .map(|_| ())
    }

    pub(super) async fn delete(self, key: String) -> Result<(), String> {
        self.delete_many(vec![key]).await
    }

    pub(super) async fn exists(self, key: String) -> Result<bool, String> {
        let store = &*self.label;
        let rows = self
            .rows(sql::EXISTS, &[(&store, Type::TEXT), (&key, Type::TEXT)])
            .await?;
        Ok(!rows.is_empty())
    }

    pub(super) async fn keys(self) -> Result<Vec<String>, String> {
        let store = &*self.label;
        let rows = self.rows(sql::KEYS, &[(&store, Type::TEXT)]).await?;
        rows.iter().map(|row| self.column(row, 0)).collect()
    }

    /// A page has as many keys as it may have, and its last one is its cursor.
    pub(super) async fn page(self, after: Option<String>) -> Result<Page, String> {
        let store = &*self.label;
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let rows = self
            .rows(
                sql::PAGE_OF_KEYS,
                &[
                    (&store, Type::TEXT),
                    (&after, Type::TEXT),
                    (&limit, Type::INT8),
                ],
            )
            .await?;
        let keys = rows.iter().map(|row| self.column(row, 0));
        let keys = keys.collect::<Result<Vec<String>, String>>()?;
        let is_full = keys.len() == PAGE;
        Ok(Page {
            cursor: keys.last().filter(|_| is_full).cloned(),
            keys,
        })
    }

    pub(super) async fn increment(self, key: String, delta: i64) -> Result<i64, String> {
        let mut client = self.lend().await?;
        let sum = timeout(PATIENCE, self.add(&mut client, &key, delta)).await;
        self.end(client, sum)?
    }

    pub(super) async fn swap(
        self,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, String> {
        let store = &*self.label;
        let written = match seen {
            Some(seen) => {
                self.write(
                    sql::SWAP,
                    &[
                        (&store, Type::TEXT),
                        (&key, Type::TEXT),
                        (&value, Type::BYTEA),
                        (&seen, Type::BYTEA),
                    ],
                )
                .await?
            }
            None => {
                self.write(
                    sql::ADD,
                    &[
                        (&store, Type::TEXT),
                        (&key, Type::TEXT),
                        (&value, Type::BYTEA),
                    ],
                )
                .await?
            }
        };
        Ok(written == 1)
    }

    pub(super) async fn get_many(self, keys: Vec<String>) -> Result<Found, String> {
        let store = &*self.label;
        let mut gathered = Gathered::default();
        for part in keys.chunks(PART) {
            let rows = self
                .rows(
                    sql::GET_MANY,
                    &[(&store, Type::TEXT), (&part, Type::TEXT_ARRAY)],
                )
                .await?;
            let mut held: HashMap<String, Vec<u8>> = HashMap::with_capacity(rows.len());
            for row in &rows {
                held.insert(self.column(row, 0)?, self.column(row, 1)?);
            }
            for key in part {
                gathered.add(key.clone(), held.get(key).cloned())?;
            }
        }
        Ok(gathered.found())
    }

    pub(super) async fn set_many(self, entries: Vec<(String, Vec<u8>)>) -> Result<(), String> {
        let store = &*self.label;
        // Of a key that is there twice the last value counts. In one order, so that two
        // batches do not wait for one another.
        let entries: BTreeMap<String, Vec<u8>> = entries.into_iter().collect();
        let (keys, values): (Vec<String>, Vec<Vec<u8>>) = entries.into_iter().unzip();
        self.write(
            sql::SET_MANY,
            &[
                (&store, Type::TEXT),
                (&keys, Type::TEXT_ARRAY),
                (&values, Type::BYTEA_ARRAY),
            ],
        )
        .await
        .map(|_| ())
    }

    pub(super) async fn delete_many(self, keys: Vec<String>) -> Result<(), String> {
        let store = &*self.label;
        self.write(
            sql::DELETE_MANY,
            &[(&store, Type::TEXT), (&keys, Type::TEXT_ARRAY)],
        )
        .await
        .map(|_| ())
    }

    /// The sum, or why there is none, in a transaction of its own. One that is not committed
    /// is rolled back.
    async fn add(
        &self,
        client: &mut Client,
        key: &str,
        delta: i64,
    ) -> Result<Result<i64, String>, tokio_postgres::Error> {
        let store = &*self.label;
        loop {
            let transaction = client.transaction().await?;
            let held = transaction
                .query_typed_opt(sql::HOLD, &[(&store, Type::TEXT), (&key, Type::TEXT)])
                .await?;
            let (sql, sum) = match held {
                None => (sql::ADD, Ok(delta)),
                Some(row) => (sql::REPLACE, counter::add(key, row.try_get(0)?, delta)),
            };
            let Ok(sum) = sum else {
                return Ok(sum);
            };
            let value = sum.to_le_bytes().to_vec();
            let written = transaction
                .execute_typed(
                    sql,
                    &[
                        (&store, Type::TEXT),
                        (&key, Type::TEXT),
                        (&value, Type::BYTEA),
                    ],
                )
                .await?;
            transaction.commit().await?;
            if written == 1 {
                return Ok(Ok(sum));
            }
            // Somebody else was the first to write it: now there is something to add to.
        }
    }
}
