//! Hrana, the protocol of libSQL's servers, in version 2 and JSON: what is said and heard
//! of a stream.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, RowResult, Value};

/// Characters of a server's words that a function is told.
const WORDS: usize = 500;

/// What SQLite calls a database that may not grow any more.
const FULL: &str = "SQLITE_FULL";

/// Asks for a statement to be run, on a stream that is there or a new one.
///
/// # Errors
///
/// A parameter has no words in the protocol.
pub(super) fn execute(
    baton: Option<&str>,
    statement: &str,
    parameters: &[Value],
) -> Result<String, Error> {
    let parameters: Vec<Json> = parameters.iter().map(said).collect::<Result<_, _>>()?;
    let statement = json!({ "sql": statement, "args": parameters, "want_rows": true });
    let request = json!({ "type": "execute", "stmt": statement });
    Ok(json!({ "baton": baton, "requests": [request] }).to_string())
}

/// Asks for a stream to be closed, and whatever it left undone with it.
pub(super) fn close(baton: &str) -> String {
    json!({ "baton": baton, "requests": [{ "type": "close" }] }).to_string()
}

/// What a server answers.
#[derive(Deserialize)]
pub(super) struct Answer {
    /// What the next request on the stream has to show; nothing where it is closed.
    pub(super) baton: Option<String>,
    /// Where that is to be sent, if elsewhere.
    pub(super) base_url: Option<String>,
    results: Vec<Outcome>,
}

/// One of the two: a response, or an error.
#[derive(Deserialize)]
struct Outcome {
    response: Option<Response>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Response {
    result: Option<Done>,
}

/// A statement that was run.
#[derive(Deserialize)]
pub(super) struct Done {
    cols: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Of any use after statements that change rows.
    #[serde(default)]
    pub(super) affected_row_count: u64,
    /// The same of those that insert; digits.
    last_insert_rowid: Option<String>,
}

#[derive(Deserialize)]
struct Column {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    message: String,
    code: Option<String>,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub(super) fn read(body: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(body).map_err(|error| malformed(&error))
    }

    /// How the statement ended that was asked for.
    pub(super) fn done(self) -> Result<Done, Error> {
        let outcome = self.results.into_iter().next();
        let outcome = outcome.ok_or_else(|| malformed(&"it has no result"))?;
        if let Some(failure) = outcome.error {
            return Err(failure.into());
        }
        let done = outcome.response.and_then(|response| response.result);
        done.ok_or_else(|| malformed(&"it has neither a result nor an error"))
    }
}

impl Done {
    pub(super) fn has_columns(&self) -> bool {
        !self.cols.is_empty()
    }

    pub(super) fn last_insert_rowid(&self) -> Option<i64> {
        self.last_insert_rowid.as_deref()?.parse().ok()
    }
}

impl From<Done> for QueryResult {
    fn from(done: Done) -> Self {
        let row = |cells: Vec<Cell>| RowResult {
            values: cells.into_iter().map(|Cell(value)| value).collect(),
        };
        Self {
            columns: done
                .cols
                .into_iter()
                .map(|column| column.name.unwrap_or_default())
                .collect(),
            rows: done.rows.into_iter().map(row).collect(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure.code.as_deref() {
            Some(FULL) => Self::DatabaseFull,
            _ => Self::Io(shortened(&failure.message)),
        }
    }
}

/// What a server says of a request that it refuses as a whole, if anything that is meant
/// to be read.
pub(super) fn words(body: &[u8]) -> String {
    let body: Json = serde_json::from_slice(body).unwrap_or_default();
    let message = body.get("message").or_else(|| body.get("error"));
    shortened(message.and_then(Json::as_str).unwrap_or_default())
}

fn shortened(words: &str) -> String {
    words.chars().take(WORDS).collect()
}

fn malformed(error: &dyn std::fmt::Display) -> Error {
    Error::Io(format!(
        "the database server's answer is none of Hrana's, version 2: {error}"
    ))
}

/// A parameter in the protocol's words.
fn said(value: &Value) -> Result<Json, Error> {
    Ok(match value {
        // Its digits are text: JSON's numbers are floats to many.
        Value::Integer(number) => json!({ "type": "integer", "value": number.to_string() }),
        Value::Real(number) if number.is_infinite() => {
            return Err(Error::Io(
                "an infinite number cannot be sent to a database on a server".to_owned(),
            ));
        }
        // As SQLite takes it.
        Value::Real(number) if number.is_nan() => json!({ "type": "null" }),
        Value::Real(number) => json!({ "type": "float", "value": number }),
        Value::Text(text) => json!({ "type": "text", "value": text }),
        Value::Blob(bytes) => json!({ "type": "blob", "base64": STANDARD.encode(bytes) }),
        Value::Null => json!({ "type": "null" }),
    })
}

/// A value of a row.
struct Cell(Value);

/// The same in the protocol's words.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(rename = "type")]
    kind: Kind,
    /// As it is written: a float that went through another parser may come out another.
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    base64: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Null,
    Integer,
    Float,
    Text,
    Blob,
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let value = heard(&raw).ok_or_else(|| D::Error::custom("a value is not of its type"))?;
        Ok(Self(value))
    }
}

fn heard(raw: &Raw<'_>) -> Option<Value> {
    let value = raw.value.map(RawValue::get);
    Some(match raw.kind {
        Kind::Null => Value::Null,
        Kind::Integer => {
            let digits: &str = serde_json::from_str(value?).ok()?;
            Value::Integer(digits.parse().ok()?)
        }
        Kind::Float => Value::Real(value?.parse().ok()?),
        Kind::Text => Value::Text(serde_json::from_str(value?).ok()?),
        Kind::Blob => {
            // Some servers leave the padding out.
            let text = raw.base64.as_deref()?.trim_end_matches('=');
            Value::Blob(STANDARD_NO_PAD.decode(text).ok()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rows: &str) -> Result<QueryResult, Error> {
        let answer = format!(
            r#"{{"baton":"b","base_url":null,"results":[{{"type":"ok","response":{{"type":"execute",
            "result":{{"cols":[{{"name":"a","decltype":null}},{{"name":null}}],"rows":{rows},
            "affected_row_count":2,"last_insert_rowid":"-9223372036854775808"}}}}}}]}}"#
        );
        let done = Answer::read(answer.as_bytes())?.done()?;
        assert_eq!(done.last_insert_rowid(), Some(i64::MIN));
        assert_eq!(done.affected_row_count, 2);
        Ok(done.into())
    }

    #[test]
    fn a_value_of_each_type_is_said() {
        for (value, expected) in [
            (
                Value::Integer(i64::MIN),
                json!({ "type": "integer", "value": "-9223372036854775808" }),
            ),
            (
                Value::Real(0.1 + 0.2),
                json!({ "type": "float", "value": 0.1 + 0.2 }),
            ),
            (Value::Real(f64::NAN), json!({ "type": "null" })),
            (
                Value::Text("\"x\"".to_owned()),
                json!({ "type": "text", "value": "\"x\"" }),
            ),
            (
                Value::Blob(vec![0, 255]),
                json!({ "type": "blob", "base64": "AP8=" }),
            ),
            (Value::Null, json!({ "type": "null" })),
        ] {
            assert_eq!(said(&value).unwrap(), expected);
        }
        let asked = execute(Some("b"), "SELECT ?", &[Value::Real(0.1 + 0.2)]).unwrap();
        assert!(asked.contains("0.30000000000000004"), "{asked}");
        let asked: Json = serde_json::from_str(&asked).unwrap();
        assert_eq!(asked["baton"], "b");
        assert_eq!(asked["requests"][0]["stmt"]["sql"], "SELECT ?");
        assert!(execute(None, "SELECT ?", &[Value::Real(f64::INFINITY)]).is_err());
    }

    #[test]
    fn a_value_of_each_type_is_heard() {
        let rows = r#"[[{"type":"integer","value":"9223372036854775807"},{"type":"float","value":0.30000000000000004},
            {"type":"float","value":1},{"value":"\u00e9\"","type":"text"},{"type":"blob","base64":"AP8"},
            {"type":"blob","base64":"AP8="},{"type":"null"}]]"#;
        let found = result(rows).unwrap();
        assert_eq!(found.columns, ["a", ""]);
        assert_eq!(
            format!("{:?}", found.rows[0].values),
            format!(
                "{:?}",
                [
                    Value::Integer(i64::MAX),
                    Value::Real(0.1 + 0.2),
                    Value::Real(1.0),
                    Value::Text("é\"".to_owned()),
                    Value::Blob(vec![0, 255]),
                    Value::Blob(vec![0, 255]),
                    Value::Null,
                ]
            )
        );
    }

    #[test]
    fn what_is_no_answer_is_said_to_be_none() {
        for rows in [
            "{}",
            r#"[[{"type":"integer","value":7}]]"#,
            r#"[[{"type":"integer","value":"9223372036854775808"}]]"#,
            r#"[[{"type":"float","value":"1"}]]"#,
            r#"[[{"type":"blob","base64":"?"}]]"#,
            r#"[[{"type":"text"}]]"#,
            r#"[[{"type":"date","value":"x"}]]"#,
        ] {
            let Err(Error::Io(told)) = result(rows) else {
                panic!("{rows}");
            };
            assert!(told.contains("Hrana"), "{told}");
        }
        assert!(Answer::read(b"<html>").is_err());
        let empty = Answer::read(br#"{"results":[]}"#).unwrap();
        assert!(empty.done().is_err());
    }

    #[test]
    fn an_error_of_a_statement_is_told_in_the_server_s_words() {
        let of = |error: &str| {
            let answer =
                format!(r#"{{"baton":null,"results":[{{"type":"error","error":{error}}}]}}"#);
            let Err(error) = Answer::read(answer.as_bytes()).unwrap().done() else {
                panic!("no error in {answer}");
            };
            error
        };
        let absent = of(r#"{"message":"no such table: t","code":"SQLITE_UNKNOWN"}"#);
        assert!(matches!(absent, Error::Io(words) if words == "no such table: t"));
        let full = of(r#"{"message":"full","code":"SQLITE_FULL"}"#);
        assert!(matches!(full, Error::DatabaseFull));
    }
}
