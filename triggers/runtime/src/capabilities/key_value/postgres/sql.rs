//! What is asked of the table: `$1` is the store, `$2` a key or several.

pub(super) const GET: &str = "
    SELECT value FROM spindrift_key_value WHERE store = $1 AND key = $2";

pub(super) const SET: &str = "
    INSERT INTO spindrift_key_value (store, key, value) VALUES ($1, $2, $3)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

pub(super) const EXISTS: &str = "
    SELECT 1 FROM spindrift_key_value WHERE store = $1 AND key = $2";

pub(super) const KEYS: &str = "
    SELECT key FROM spindrift_key_value WHERE store = $1 ORDER BY key";

pub(super) const PAGE_OF_KEYS: &str = "
    SELECT key FROM spindrift_key_value
    WHERE store = $1 AND ($2::text IS NULL OR key > $2)
    ORDER BY key LIMIT $3";

/// Nobody else changes the row until the transaction ends.
pub(super) const HOLD: &str = "
    SELECT value FROM spindrift_key_value WHERE store = $1 AND key = $2 FOR UPDATE";

/// Writes a row that is there.
pub(super) const REPLACE: &str = "
    UPDATE spindrift_key_value SET value = $3 WHERE store = $1 AND key = $2";

/// Writes a row that is not there.
pub(super) const ADD: &str = "
    INSERT INTO spindrift_key_value (store, key, value) VALUES ($1, $2, $3)
    ON CONFLICT (store, key) DO NOTHING";

/// Writes a row that has what was seen, `$4`.
pub(super) const SWAP: &str = "
    UPDATE spindrift_key_value SET value = $3 WHERE store = $1 AND key = $2 AND value = $4";

pub(super) const GET_MANY: &str = "
    SELECT key, value FROM spindrift_key_value WHERE store = $1 AND key = ANY($2)";

pub(super) const SET_MANY: &str = "
    INSERT INTO spindrift_key_value (store, key, value)
    SELECT $1, given.key, given.value FROM unnest($2::text[], $3::bytea[]) AS given (key, value)
    ON CONFLICT (store, key) DO UPDATE SET value = excluded.value";

pub(super) const DELETE_MANY: &str = "
    DELETE FROM spindrift_key_value WHERE store = $1 AND key = ANY($2)";
