//! What a statement may leave behind in its session.
//!
//! A session goes from one function to the next. Cleaning it costs round trips,
//! so it is cleaned only when a statement may have left something. The answer
//! is conservative: a statement is [`Effect::Plain`] only when every word of it
//! is understood (queries and row changes that call well-known functions);
//! whatever else it may be is [`Effect::Residue`]. What the database's own
//! functions, views and triggers do is the schema owner's business: a statement
//! that calls one of those functions by name is residue as well.

mod tokens;
mod words;

use self::tokens::{Token, tokens};
use self::words::is_known;

/// What a statement does to its session beyond its own rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Plain,
    /// Opens a transaction.
    Begin,
    /// Ends the transaction.
    End,
    /// Perhaps something: a setting, a lock, a cursor, a temporary table, ...
    Residue,
}

/// Classifies a statement.
pub(super) fn effect(sql: &str) -> Effect {
    let Some(mut tokens) = tokens(sql) else {
        return Effect::Residue;
    };
    if tokens.last() == Some(&Token::Symbol(';')) {
        tokens.pop();
    }
    match tokens.as_slice() {
        [Token::Word(w)] if matches!(w.as_str(), "begin") => Effect::Begin,
        [Token::Word(w)] if matches!(w.as_str(), "commit" | "rollback" | "end" | "abort") => {
            Effect::End
        }
        [Token::Word(w), ..]
            if matches!(
                w.as_str(),
                "select" | "insert" | "update" | "delete" | "with" | "values"
            ) =>
        {
            if is_plain(&tokens) {
                Effect::Plain
            } else {
                Effect::Residue
            }
        }
        _ => Effect::Residue,
    }
}

fn is_plain(tokens: &[Token]) -> bool {
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            // A second statement.
            Token::Symbol(';') => return false,
            Token::Word(word) if word == "into" => {
                // `SELECT ... INTO` makes a table; `INSERT INTO t (columns)` names one.
                if at == 0 || tokens[at - 1] != Token::Word("insert".into()) {
                    return false;
                }
                at = after_name(tokens, at + 1);
                continue;
            }
            Token::Word(word) if tokens.get(at + 1) == Some(&Token::Symbol('(')) => {
                if at > 0 && names_columns(&tokens[at - 1]) {
                    at += 1;
                    continue;
                }
                let qualified = at > 0 && tokens[at - 1] == Token::Symbol('.');
                if word == "set_config" && !qualified {
                    if !is_local_setting(&tokens[at + 2..]) {
                        return false;
                    }
                } else if qualified || !is_known(word) {
                    return false;
                }
            }
            Token::Quoted if tokens.get(at + 1) == Some(&Token::Symbol('(')) => return false,
            _ => {}
        }
        at += 1;
    }
    true
}

/// Whether a name after this token and before a parenthesis is a table's, with
/// its columns: `AS t (a, b)`, `WITH t (a) AS`.
fn names_columns(before: &Token) -> bool {
    matches!(before, Token::Word(word) if matches!(word.as_str(), "as" | "with" | "recursive"))
}

/// The place after a possibly qualified name.
fn after_name(tokens: &[Token], mut at: usize) -> usize {
    while matches!(tokens.get(at), Some(Token::Word(_) | Token::Quoted)) {
        at += 1;
        if tokens.get(at) != Some(&Token::Symbol('.')) {
            break;
        }
        at += 1;
    }
    at
}

/// Whether the arguments of `set_config` are three, the last the literal `true`:
/// such a setting ends with its transaction.
fn is_local_setting(arguments: &[Token]) -> bool {
    let (mut depth, mut last) = (0, 0);
    for (at, token) in arguments.iter().enumerate() {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') if depth > 0 => depth -= 1,
            Token::Symbol(')') => return arguments[last..at] == [Token::Word("true".into())],
            Token::Symbol(',') if depth == 0 => last = at + 1,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_statements_leave_nothing() {
        for sql in [
            "SELECT 1",
            "select id, title from todo.tasks where user_id = $1 and status in ('open', 'it''s') limit 10;",
            "INSERT INTO todo.tasks (id, title) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET title = excluded.title RETURNING id",
            "WITH t AS (INSERT INTO tasks (id) VALUES ($1) RETURNING id) SELECT count(*) FROM t",
            "WITH t(a) AS MATERIALIZED (SELECT 1) SELECT coalesce(max(a), 0)::int8 FROM \"t\"",
            "SELECT set_config('spindrift.user_id', $1, true)",
            "UPDATE t SET due = $3::timestamp AT TIME ZONE 'UTC' WHERE id = $1 -- comment",
            "DELETE FROM t WHERE id = ANY($1)",
            "INSERT INTO todo.tries AS a (key, at) SELECT k, t FROM unnest($1, $2) AS x (k, t)",
            "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
        ] {
            assert_eq!(effect(sql), Effect::Plain, "{sql}");
        }
    }

    #[test]
    fn transactions_are_followed() {
        assert_eq!(effect("BEGIN"), Effect::Begin);
        assert_eq!(effect("/* so */ begin;"), Effect::Begin);
        assert_eq!(effect("COMMIT"), Effect::End);
        assert_eq!(effect("rollback -- over"), Effect::End);
    }

    #[test]
    fn whatever_may_stay_is_residue() {
        for sql in [
            "BEGIN; SELECT 1",
            "COMMIT AND CHAIN",
            "ROLLBACK TO SAVEPOINT a",
            "BEGIN ISOLATION LEVEL SERIALIZABLE",
            "SET search_path = evil",
            "SELECT set_config('a.b', 'c', false)",
            "SELECT set_config('a.b', 'c', $1)",
            "SELECT set_config('a.b', 'true', not true)",
            "SELECT pg_catalog.set_config('a.b', 'c', false)",
            "SELECT /**/ set_config /* , true) */ ('a.b', 'c', false)",
            "SELECT \"set_config\"('a.b', 'c', false)",
            "SELECT pg_advisory_lock(1)",
            "SELECT my_own_function()",
            "SELECT * INTO TEMP t FROM x",
            "CREATE TEMP TABLE t (a int)",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "LISTEN x",
            "PREPARE p AS SELECT 1",
            "DO $$ BEGIN PERFORM set_config('a.b', 'c', false); END $$",
            "SELECT E'\\' , set_config(''a.b'', 1, false)",
            "SELECT 'a\\' || set_config('a.b', 'c', false) || '",
            "SELECT $x$ quote $x$",
            "SELECT 1; SELECT pg_sleep(1)",
            "SELECT ünïcode(1)",
            "EXPLAIN ANALYZE SELECT 1",
            "",
            "SELECT 'unterminated",
            "SELECT /* unterminated",
        ] {
            assert_eq!(effect(sql), Effect::Residue, "{sql}");
        }
    }
}
