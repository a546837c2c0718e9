//! What a statement may leave behind in its session.
//!
//! A session goes from one function to the next. Cleaning it costs round trips,
//! so it is cleaned only when a statement may have left something. The answer
//! is conservative: a statement is [`Effect::Plain`] only when every word of it
//! is understood (queries and row changes that call well-known functions);
//! whatever else it may be is [`Effect::Residue`]. What the database's own
//! functions, views and triggers do is the schema owner's business: a statement
//! that calls one of those functions by name is residue as well.

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

/// Words that may stand before a parenthesis without being a function.
const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "between",
    "by",
    "case",
    "conflict",
    "distinct",
    "else",
    "except",
    "exists",
    "filter",
    "from",
    "group",
    "having",
    "in",
    "intersect",
    "is",
    "join",
    "lateral",
    "like",
    "limit",
    "materialized",
    "not",
    "offset",
    "on",
    "or",
    "over",
    "returning",
    "row",
    "select",
    "set",
    "some",
    "then",
    "union",
    "using",
    "values",
    "when",
    "where",
    "with",
    "within",
];

/// Functions of PostgreSQL's own that leave nothing behind, or nothing that
/// outlives the transaction.
const FUNCTIONS: &[&str] = &[
    "abs",
    "age",
    "array_agg",
    "array_append",
    "array_cat",
    "array_length",
    "array_position",
    "array_prepend",
    "array_remove",
    "array_to_string",
    "avg",
    "bit_length",
    "bool_and",
    "bool_or",
    "btrim",
    "cardinality",
    "cast",
    "ceil",
    "char_length",
    "clock_timestamp",
    "coalesce",
    "concat",
    "concat_ws",
    "convert_from",
    "convert_to",
    "count",
    "current_setting",
    "date_bin",
    "date_part",
    "date_trunc",
    "decode",
    "dense_rank",
    "encode",
    "every",
    "exp",
    "extract",
    "first_value",
    "floor",
    "format",
    "gen_random_uuid",
    "generate_series",
    "greatest",
    "hashtext",
    "hashtextextended",
    "initcap",
    "isfinite",
    "json_agg",
    "json_array_elements",
    "json_build_array",
    "json_build_object",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_array_length",
    "jsonb_build_array",
    "jsonb_build_object",
    "jsonb_object_agg",
    "jsonb_set",
    "jsonb_strip_nulls",
    "jsonb_typeof",
    "justify_interval",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "make_interval",
    "make_timestamp",
    "make_timestamptz",
    "max",
    "md5",
    "min",
    "mod",
    "now",
    "nullif",
    "numeric",
    "octet_length",
    "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared",
    "pg_current_xact_id",
    "pg_try_advisory_xact_lock",
    "pg_try_advisory_xact_lock_shared",
    "phraseto_tsquery",
    "plainto_tsquery",
    "position",
    "power",
    "random",
    "rank",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "sha256",
    "sign",
    "split_part",
    "sqrt",
    "starts_with",
    "statement_timestamp",
    "string_agg",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "sum",
    "timezone",
    "to_char",
    "to_date",
    "to_hex",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsquery",
    "to_tsvector",
    "transaction_timestamp",
    "translate",
    "trim",
    "trunc",
    "ts_rank",
    "ts_rank_cd",
    "unistr",
    "unnest",
    "upper",
    "varchar",
    "websearch_to_tsquery",
    "width_bucket",
];

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

fn is_known(word: &str) -> bool {
    KEYWORDS.binary_search(&word).is_ok() || FUNCTIONS.binary_search(&word).is_ok()
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

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A keyword or unquoted name, in lower case.
    Word(String),
    /// A quoted name.
    Quoted,
    /// A number, string or parameter.
    Value,
    /// Any other character.
    Symbol(char),
}

/// Splits a statement. `None` for what it does not understand.
fn tokens(sql: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if c.is_whitespace() => c.len_utf8(),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest)?,
            '\'' => {
                found.push(Token::Value);
                quoted(rest, '\'')?
            }
            '"' => {
                found.push(Token::Quoted);
                quoted(rest, '"')?
            }
            // Dollar quotes hide text; a parameter is a dollar and digits.
            '$' => {
                let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    return None;
                }
                found.push(Token::Value);
                1 + digits
            }
            c if c.is_ascii_digit() => {
                found.push(Token::Value);
                rest.bytes()
                    .take_while(|b| b.is_ascii_alphanumeric() || *b == b'.')
                    .count()
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let length = rest
                    .bytes()
                    .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                    .count();
                // E'', B'', U&'' and the like have rules of their own.
                if matches!(rest.as_bytes().get(length), Some(b'\'' | b'&' | b'$')) {
                    return None;
                }
                found.push(Token::Word(rest[..length].to_ascii_lowercase()));
                length
            }
            c if c.is_ascii() => {
                found.push(Token::Symbol(c));
                1
            }
            _ => return None,
        };
        rest = &rest[length..];
    }
    Some(found)
}

/// The length of a quoted text; a doubled quote stands for itself. A backslash
/// is not understood: what it means depends on a setting.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        let end = at + text[at..].find(quote)?;
        if text[at..end].contains('\\') {
            return None;
        }
        if text[end + 1..].starts_with(quote) {
            at = end + 2;
        } else {
            return Some(end + 1);
        }
    }
}

/// The length of a comment; comments nest.
fn comment(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        let rest = text.get(at..)?;
        let (open, close) = (rest.find("/*"), rest.find("*/")?);
        match open {
            Some(open) if open < close => {
                depth += 1;
                at += open + 2;
            }
            _ => {
                depth -= 1;
                at += close + 2;
            }
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_lists_are_sorted_for_the_binary_search() {
        assert!(KEYWORDS.is_sorted());
        assert!(FUNCTIONS.is_sorted());
    }

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
