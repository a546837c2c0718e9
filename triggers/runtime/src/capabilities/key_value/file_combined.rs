//! What takes several reads or writes of a file, made as one: sums, swaps, batches, and keys
//! by the page.

use rusqlite::{Transaction, TransactionBehavior, params};

use super::answer::{Found, Gathered, PAGE, Page};
use super::counter::add;
use super::file::{FileStore, delete, get, set};

impl FileStore {
    /// A page has as many keys as it may have, and its last one is its cursor.
    pub(super) async fn page(self, after: Option<String>) -> Result<Page, String> {
        let keys = self.run(move |c, store| match after {
            Some(after) => c
                .prepare_cached(
                    "SELECT key FROM entries WHERE store = ?1 AND key > ?2 ORDER BY key",
                )?
                .query_map(params![store, after], |row| row.get(0))?
                .take(PAGE)
                .collect::<rusqlite::Result<Vec<String>>>(),
            None => c
                .prepare_cached("SELECT key FROM entries WHERE store = ?1 ORDER BY key")?
                .query_map(params![store], |row| row.get(0))?
                .take(PAGE)
                .collect(),
        });
        let keys = keys.await?;
        let is_full = keys.len() == PAGE;
        Ok(Page {
            cursor: keys.last().filter(|_| is_full).cloned(),
            keys,
        })
    }

    pub(super) async fn increment(self, key: String, delta: i64) -> Result<i64, String> {
        self.run(move |c, store| {
            let both = Transaction::new_unchecked(c, TransactionBehavior::Immediate)?;
            let sum = match get(&both, store, &key)? {
                None => Ok(delta),
                Some(held) => add(&key, held, delta),
            };
            if let Ok(sum) = sum {
                set(&both, store, &key, &sum.to_le_bytes())?;
                both.commit()?;
            }
            Ok(sum)
        })
        .await?
    }

    pub(super) async fn swap(
        self,
        key: String,
        seen: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, String> {
        self.run(move |c, store| {
            let written = match seen {
                Some(seen) => c
                    .prepare_cached("UPDATE entries SET value = ?3 WHERE store = ?1 AND key = ?2 AND value = ?4")?
                    .execute(params![store, key, value, seen])?,
                None => c
                    .prepare_cached("INSERT INTO entries (store, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
                    .execute(params![store, key, value])?,
            };
            Ok(written == 1)
        })
        .await
    }

    pub(super) async fn get_many(self, keys: Vec<String>) -> Result<Found, String> {
        self.run(move |c, store| {
            let mut gathered = Gathered::default();
            for key in keys {
                let value = get(c, store, &key)?;
                if let Err(told) = gathered.add(key, value) {
                    return Ok(Err(told));
                }
            }
            Ok(Ok(gathered.found()))
        })
        .await?
    }

    pub(super) async fn set_many(self, entries: Vec<(String, Vec<u8>)>) -> Result<(), String> {
        self.run(move |c, store| {
            let all = Transaction::new_unchecked(c, TransactionBehavior::Immediate)?;
            for (key, value) in entries {
                set(&all, store, &key, &value)?;
            }
            all.commit()
        })
        .await
    }

    pub(super) async fn delete_many(self, keys: Vec<String>) -> Result<(), String> {
        self.run(move |c, store| {
            let all = Transaction::new_unchecked(c, TransactionBehavior::Immediate)?;
            for key in keys {
                delete(&all, store, &key)?;
            }
            all.commit()
        })
        .await
    }
}
