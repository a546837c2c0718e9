//! Answers, and what is expected of them.

use anyhow::Result;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The headers that a snapshot shows.
const SHOWN: [&str; 9] = [
    "allow",
    "cache-control",
    "content-type",
    "etag",
    "location",
    "retry-after",
    "set-cookie",
    "vary",
    "www-authenticate",
];

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Result<Self> {
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await?,
        })
    }

    /// Asserts the status.
    ///
    /// # Panics
    /// It is another one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Asserts a problem document (RFC 9457) of this status and type, sound in all
    /// its parts, and answers it.
    ///
    /// # Panics
    /// It is something else.
    #[track_caller]
    pub fn problem(&self, status: u16, slug: &str) -> Value {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{text}"
        );
        let problem = self.json();
        assert_eq!(problem["type"], format!("/api/problems/{slug}"), "{text}");
        assert_eq!(problem["status"], status, "{text}");
        assert_eq!(problem["instance"], self.header("x-request-id"), "{text}");
        for member in ["title", "detail"] {
            assert!(
                problem[member]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{member}: {text}"
            );
        }
        problem
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {}", self.text()),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// All values of a header.
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect()
    }

    /// The value of a cookie that the answer sets.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}=");
        let set = self.header_values("set-cookie").into_iter();
        set.filter_map(|line| line.strip_prefix(&prefix)?.split(';').next())
            .next()
    }

    /// Status, the headers that matter and body, with what differs from run to run
    /// replaced: ids, instants, tokens.
    pub fn record(&self) -> Value {
        let mut headers = Map::new();
        for name in SHOWN {
            let values = self.header_values(name);
            if !values.is_empty() {
                headers.insert(name.to_owned(), redact(&json!(values.join(" | "))));
            }
        }
        let body = serde_json::from_slice(&self.body)
            .map_or_else(|_| json!(self.text()), |body| redact(&body));
        json!({"status": self.status, "headers": headers, "body": body})
    }
}

/// Replaces what differs from run to run.
fn redact(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(redact).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "access_token" | "refresh_token" | "instance" => json!(format!("[{name}]")),
                    "latency_ms" => json!("[milliseconds]"),
                    _ => redact(value),
                };
                (name.clone(), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::String(text) => {
            let pieces: Vec<String> = text
                .split_inclusive(['/', ';', '|', ' '])
                .map(redact_piece)
                .collect();
            Value::String(pieces.concat())
        }
        other => other.clone(),
    }
}

fn redact_piece(piece: &str) -> String {
    let bare = piece.trim_end_matches(['/', ';', '|', ' ']);
    let rest = &piece[bare.len()..];
    if uuid::Uuid::try_parse(bare).is_ok() {
        return format!("[id]{rest}");
    }
    if is_instant(bare) {
        return format!("[instant]{rest}");
    }
    for name in ["access=", "refresh="] {
        if let Some(value) = bare.strip_prefix(name).filter(|value| !value.is_empty()) {
            assert!(value.len() >= 64, "{value} is no token");
            return format!("{name}[token]{rest}");
        }
    }
    piece.to_owned()
}

/// An instant that a program made: with a fraction of a second.
fn is_instant(text: &str) -> bool {
    let shape = text
        .bytes()
        .map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq("0000-00-00T00:00:00.000000Z".bytes())
}
